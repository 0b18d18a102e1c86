"""farfield: how far does your fine-tune carry?"""
