"""Where does what is kept lie: the database and its tables, objects, links to them, copies of everything?"""
