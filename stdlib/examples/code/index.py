"""A function that answers whatever it is asked, for the examples."""


def handler(event, _context):
    return {"statusCode": 200, "body": "hello"}
