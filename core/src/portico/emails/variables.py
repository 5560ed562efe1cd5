"""What the texts of mails can say: names, what they mean, and where their values come from.

All values are text (amounts and dates already written as the reader writes them), lists of such
groups, or true/false. What a mail is not about is there too, and empty.
"""
