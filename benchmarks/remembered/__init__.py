"""How well is learnt what people tell of themselves: talks that were written for that, and what should be known then?"""
