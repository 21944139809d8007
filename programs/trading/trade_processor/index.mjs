/**
 * Takes trades: one by one over the REST API (`POST /trades`), and in batches from the queue of orders.
 *
 * A trade is written to the database first, then to the audit logs; then its region's event bus is told, and last the
 * session that placed it is brought up to date. Each step can be made twice without harm, so whatever fails is simply
 * tried again: the API answers 503, and of a batch only the messages that failed come back. Whoever listens to the bus may
 * be told of a trade twice. Another trade under an id that is taken is a conflict, and not written. What can never be
 * placed goes from the queue of orders to its dead-letter queue at once.
 */

const SIDES = new Set(["buy", "sell"]);
const ID = /^[A-Za-z0-9_-]{1,64}$/;
const SYMBOL = /^[A-Z][A-Z0-9.]{0,11}$/;
const MOST = 1e12;
const SQL = `
  INSERT INTO trades (trade_id, session_id, symbol, side, quantity, price, region)
  VALUES (:trade_id, :session_id, :symbol, :side, :quantity, :price, :region)
  ON CONFLICT (trade_id) DO UPDATE SET trade_id = excluded.trade_id
  WHERE (trades.session_id, trades.symbol, trades.side, trades.quantity, trades.price)
    = (excluded.session_id, excluded.symbol, excluded.side, excluded.quantity, excluded.price)`;
const TABLE = `
  CREATE TABLE IF NOT EXISTS trades (
    trade_id text PRIMARY KEY, session_id text NOT NULL, symbol text NOT NULL, side text NOT NULL,
    quantity bigint NOT NULL, price numeric(18, 4) NOT NULL, region text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now())`;

/** What is wrong with an order; the message says what. */
export class Invalid extends Error {}

/** Another trade has this id. */
export class Conflict extends Error {}

/** The trade that an order asks for. */
export function validated(order) {
  if (order === null || typeof order !== "object" || Array.isArray(order)) throw new Invalid("an order is an object");
  const { tradeId, sessionId, symbol, side, quantity, price, ...unknown } = order;
  const strangers = Object.keys(unknown);
  if (strangers.length > 0) throw new Invalid(`unknown fields: ${strangers.sort().join(", ")}`);
  for (const [name, value] of Object.entries({ tradeId, sessionId })) {
    if (typeof value !== "string" || !ID.test(value)) {
      throw new Invalid(`\`${name}\` must be 1 to 64 letters, digits, \`-\` and \`_\``);
    }
  }
  if (typeof symbol !== "string" || !SYMBOL.test(symbol)) throw new Invalid("`symbol` must be one of an exchange");
  if (!SIDES.has(side)) throw new Invalid("`side` must be `buy` or `sell`");
  if (!Number.isSafeInteger(quantity) || quantity < 1) throw new Invalid("`quantity` must be a whole number from 1");
  if (typeof price !== "number" || !(price > 0 && price < MOST)) throw new Invalid(`\`price\` must be above 0 and below ${MOST}`);
  return { tradeId, sessionId, symbol, side, quantity, price };
}

/**
 * The function over what it talks to:
 * - `database(sql, values)` says how many rows it wrote
 * - `audit(trade)` keeps a trade in the audit logs
 * - `tell(events)` puts events, each `{ type, detail }`, on the bus
 * - `isKnown(sessionId)` says whether the session has placed a trade before; `session(trade)` notes its last one
 * - `letter(body, why)` puts a message into the dead-letter queue
 */
export function handlerOver({ database, audit, tell, isKnown, session, letter }, environment) {
  let isReady = false;
  const place = async (order) => {
    const trade = validated(order);
    if (!isReady) {
      await database(TABLE, {});
      isReady = true;
    }
    const written = await database(SQL, {
      trade_id: trade.tradeId, session_id: trade.sessionId, symbol: trade.symbol, side: trade.side,
      quantity: trade.quantity, price: trade.price, region: environment.REGION,
    });
    if (written === 0) throw new Conflict(`another trade has the id ${trade.tradeId}`);
    await audit(trade);
    const { tradeId, sessionId, symbol, side, quantity, price } = trade;
    const region = environment.REGION;
    const events = [{ type: "Order Processed", detail: { tradeId, sessionId, symbol, side, quantity, price, region } }];
    if (!await isKnown(sessionId)) events.push({ type: "Session Created", detail: { sessionId, region } });
    await tell(events);
    await session(trade);
    return trade;
  };
  // What is wrong is told as well as it can be; that this fails too must not hide it.
  const alert = async (error) => {
    console.error(JSON.stringify({ failed: error.name, message: error.message }));
    try {
      await tell([{ type: "Critical Alert", detail: { region: environment.REGION, error: error.name } }]);
    } catch (untold) {
      console.error(JSON.stringify({ untold: untold.name, message: untold.message }));
    }
  };
  const placeOrSetAside = async (record) => {
    try {
      await place(parsed(record.body));
    } catch (error) {
      if (!(error instanceof Invalid || error instanceof Conflict)) throw error;
      // It would come back until it is a dead letter.
      console.error(JSON.stringify({ refused: record.messageId, why: error.message }));
      await letter(record.body, error.message);
    }
  };
  const batch = async (records) => {
    const failed = [];
    let failure;
    for (const record of records) {
      try {
        await placeOrSetAside(record);
      } catch (error) {
        failure = error;
        failed.push({ itemIdentifier: record.messageId });
      }
    }
    if (failure) await alert(failure);
    return { batchItemFailures: failed };
  };
  const request = async (body) => {
    try {
      const trade = await place(parsed(body));
      return answer(201, { tradeId: trade.tradeId, status: "placed", region: environment.REGION });
    } catch (error) {
      if (error instanceof Invalid) return answer(400, { error: "invalid", message: error.message });
      if (error instanceof Conflict) return answer(409, { error: "conflict", message: error.message });
      await alert(error);
      return answer(503, { error: "unavailable", message: "the trade was not placed; try again" });
    }
  };
  return async (event) => (Array.isArray(event.Records) ? batch(event.Records) : request(event.body));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Invalid("an order is JSON");
  }
}

function answer(statusCode, body) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** A value as the Data API takes it. */
export function parameter([name, value]) {
  if (Number.isInteger(value)) return { name, value: { longValue: value } };
  if (typeof value === "number") return { name, value: { stringValue: String(value) }, typeHint: "DECIMAL" };
  return { name, value: { stringValue: value } };
}

async function cloud(environment) {
  const { RDSDataClient, ExecuteStatementCommand } = await import("@aws-sdk/client-rds-data");
  const { DynamoDBClient, GetItemCommand, UpdateItemCommand } = await import("@aws-sdk/client-dynamodb");
  const { S3Client, PutObjectCommand } = await import("@aws-sdk/client-s3");
  const { EventBridgeClient, PutEventsCommand } = await import("@aws-sdk/client-eventbridge");
  const { SQSClient, SendMessageCommand } = await import("@aws-sdk/client-sqs");
  const data = new RDSDataClient({});
  const table = new DynamoDBClient({});
  const bucket = new S3Client({});
  const bus = new EventBridgeClient({});
  const queue = new SQSClient({});
  const key = (sessionId) => ({ TableName: environment.SESSION_TABLE_NAME, Key: { sessionId: { S: sessionId } } });
  return {
    database: async (sql, values) => (await data.send(new ExecuteStatementCommand({
      resourceArn: environment.DB_CLUSTER_ARN, secretArn: environment.DB_SECRET_ARN, database: "trading", sql,
      parameters: Object.entries(values).map(parameter),
    }))).numberOfRecordsUpdated,
    // One object for each trade: written again, it is the same.
    audit: (trade) => bucket.send(new PutObjectCommand({
      Bucket: environment.AUDIT_BUCKET, Key: `trades/${environment.REGION}/${trade.tradeId}.json`,
      Body: JSON.stringify(trade), ContentType: "application/json",
    })),
    tell: async (events) => {
      const said = await bus.send(new PutEventsCommand({ Entries: entries(events, environment.EVENT_BUS) }));
      const refused = said.Entries?.find((entry) => entry.ErrorCode);
      if (refused) throw new Error(`the bus ${environment.EVENT_BUS} refuses an event: ${refused.ErrorCode}`);
    },
    isKnown: async (sessionId) => {
      const said = await table.send(new GetItemCommand({ ...key(sessionId), ProjectionExpression: "lastTrade" }));
      return said.Item?.lastTrade !== undefined;
    },
    session: (trade) => table.send(new UpdateItemCommand({
      ...key(trade.sessionId),
      UpdateExpression: "SET lastTrade = :trade, lastRegion = :region",
      ExpressionAttributeValues: { ":trade": { S: trade.tradeId }, ":region": { S: environment.REGION } },
    })),
    letter: (body, why) => queue.send(new SendMessageCommand({
      QueueUrl: environment.DEAD_LETTER_QUEUE_URL, MessageBody: body,
      MessageAttributes: { Why: { DataType: "String", StringValue: why.slice(0, 256) } },
    })),
  };
}

/** Events as EventBridge takes them; rules on the bus go by source and type. */
export function entries(events, bus) {
  return events.map(({ type, detail }) => ({
    EventBusName: bus, Source: "trading.platform", DetailType: type, Detail: JSON.stringify(detail),
  }));
}

let own;

/** The entry point. */
export async function handler(event) {
  own ??= handlerOver(await cloud(process.env), process.env);
  return own(event);
}
