"""`python -m components.doctor`: what is wrong with a stack's mail, and the one thing to do about each."""
