def handler(event:, context:) = "ok"
