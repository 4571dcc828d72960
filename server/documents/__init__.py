"""What is written in a document that somebody dropped: a CV, an advert?"""
