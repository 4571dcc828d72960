"""What is remembered of a person over talks: how is it learnt, recalled, seen, put right and forgotten everywhere?"""
