"""What does a bare machine fetch by itself, in the background, and how is that told, stopped and begun again?"""
