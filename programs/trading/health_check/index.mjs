/**
 * Says whether this region can trade: `GET /health`, asked by Route 53 every half minute from many places.
 *
 * Healthy means that the sessions can be read and that orders can be queued. The database is not asked: only one region
 * can write it, and the other one must not count as broken for that.
 */

/** The function over the checks, each of which throws when something does not work. */
export function handlerOver(checks, environment) {
  return async () => {
    const wrong = [];
    await Promise.all(Object.entries(checks).map(async ([name, check]) => {
      try {
        await check();
      } catch (error) {
        console.error(JSON.stringify({ check: name, error: error.name, message: error.message }));
        wrong.push(name);
      }
    }));
    const healthy = wrong.length === 0;
    const body = {
      status: healthy ? "healthy" : "unhealthy", region: environment.AWS_REGION, database: environment.DB_CLUSTER_ID,
      ...(healthy ? {} : { wrong: wrong.sort() }),
    };
    return {
      statusCode: healthy ? 200 : 503,
      headers: { "content-type": "application/json", "cache-control": "no-store" },
      body: JSON.stringify(body),
    };
  };
}

async function cloud(environment) {
  const { DynamoDBClient, GetItemCommand } = await import("@aws-sdk/client-dynamodb");
  const { SQSClient, GetQueueAttributesCommand } = await import("@aws-sdk/client-sqs");
  const table = new DynamoDBClient({});
  const queue = new SQSClient({});
  return {
    sessions: () => table.send(new GetItemCommand({
      TableName: environment.SESSION_TABLE_NAME, Key: { sessionId: { S: "health-check" } },
    })),
    orders: () => queue.send(new GetQueueAttributesCommand({
      QueueUrl: environment.QUEUE_URL, AttributeNames: ["QueueArn"],
    })),
  };
}

let own;

/** The entry point. */
export async function handler(event) {
  own ??= handlerOver(await cloud(process.env), process.env);
  return own(event);
}
