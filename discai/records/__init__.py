"""Documents and files that the parts of DiscAI exchange; imports only words of `discai`."""
