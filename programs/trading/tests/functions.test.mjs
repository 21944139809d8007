// The functions without a cloud: run with `node --test`.

import assert from "node:assert/strict";
import { test } from "node:test";

import { entries, handlerOver as trades, parameter } from "../trade_processor/index.mjs";
import { handlerOver as health } from "../health_check/index.mjs";
import { handlerOver as validation } from "../failover_validate/index.mjs";

const ORDER = { tradeId: "t-1", sessionId: "s-1", symbol: "ACME", side: "buy", quantity: 10, price: 12.5 };
const REGION = { REGION: "us-east-2" };

/** Stores that remember what they are told; each fails while its name is in `broken`. */
function stores() {
  const rows = new Map();
  const [sessions, audited, told, letters] = [[], [], [], []];
  const broken = new Set();
  const working = (name, work) => async (...values) => {
    if (broken.has(name)) throw new Error(`${name} is down`);
    return work(...values);
  };
  return {
    rows, sessions, audited, told, letters, broken,
    types: () => told.map((event) => event.type),
    database: working("database", (sql, values) => {
      if (!sql.includes("INSERT")) return 0;
      const { region, ...trade } = rows.get(values.trade_id) ?? values;
      if (Object.keys(trade).some((key) => trade[key] !== values[key])) return 0;
      if (!rows.has(values.trade_id)) rows.set(values.trade_id, values);
      return 1;
    }),
    audit: working("audit", (trade) => { audited.push(trade.tradeId); }),
    tell: working("bus", (events) => { told.push(...events); }),
    isKnown: working("sessions", (sessionId) => sessions.some((trade) => trade.sessionId === sessionId)),
    session: working("sessions", (trade) => { sessions.push(trade); }),
    letter: working("letters", (body, why) => { letters.push({ body, why }); }),
  };
}

const message = (id, order) => ({ messageId: id, body: JSON.stringify(order) });

test("a trade is placed once, however often it comes", async () => {
  const all = stores();
  const handler = trades(all, REGION);
  for (let i = 0; i < 2; i += 1) {
    const said = await handler({ body: JSON.stringify(ORDER) });
    assert.equal(said.statusCode, 201);
    assert.deepEqual(JSON.parse(said.body), { tradeId: "t-1", status: "placed", region: "us-east-2" });
  }
  assert.equal(all.rows.size, 1);
  assert.equal(all.rows.get("t-1").region, "us-east-2");
});

test("another trade under an id that is taken is a conflict, and does not come back", async () => {
  const all = stores();
  const handler = trades(all, REGION);
  await handler({ body: JSON.stringify(ORDER) });
  const other = { ...ORDER, quantity: 11 };
  const said = await handler({ body: JSON.stringify(other) });
  assert.equal(said.statusCode, 409);
  assert.deepEqual(await handler({ Records: [message("a", other)] }), { batchItemFailures: [] });
  assert.equal(all.rows.get("t-1").quantity, 10);
  assert.deepEqual(all.sessions.map((trade) => trade.tradeId), ["t-1"]);
  assert.deepEqual(all.audited, ["t-1"]);
});

test("what is no order is refused and not written", async () => {
  const all = stores();
  const handler = trades(all, REGION);
  for (const wrong of [
    "{", "[]", "null", '"x"', ...[
      { tradeId: "a b" }, { sessionId: 7 }, { symbol: "acme" }, { side: "hold" }, { quantity: 0 }, { quantity: 1.5 },
      { price: -1 }, { price: 1e21 }, { price: "12" }, { extra: 1 },
    ].map((change) => JSON.stringify({ ...ORDER, ...change })),
  ]) {
    const said = await handler({ body: wrong });
    assert.equal(said.statusCode, 400, wrong);
    assert.equal(JSON.parse(said.body).error, "invalid");
  }
  assert.equal(all.rows.size + all.sessions.length + all.audited.length + all.told.length, 0);
});

test("whatever is down, the API asks to try again, and a second try brings it to its end", async () => {
  for (const part of ["database", "audit", "bus", "sessions"]) {
    const all = stores();
    const handler = trades(all, REGION);
    all.broken.add(part);
    const said = await handler({ body: JSON.stringify(ORDER) });
    assert.equal(said.statusCode, 503, part);
    assert.equal(all.sessions.length, 0, part);
    if (part !== "bus") assert.ok(all.types().includes("Critical Alert"), part);
    all.broken.clear();
    assert.equal((await handler({ body: JSON.stringify(ORDER) })).statusCode, 201, part);
    assert.equal(all.rows.size, 1, part);
    assert.ok(all.audited.includes("t-1"), part);
    for (const type of ["Order Processed", "Session Created"]) assert.ok(all.types().includes(type), `${part}: ${type}`);
  }
});

test("a trade is audited and told before it is confirmed, a session when it is new", async () => {
  const all = stores();
  const handler = trades(all, REGION);
  await handler({ body: JSON.stringify(ORDER) });
  await handler({ body: JSON.stringify({ ...ORDER, tradeId: "t-2" }) });
  assert.deepEqual(all.audited, ["t-1", "t-2"]);
  assert.deepEqual(all.types(), ["Order Processed", "Session Created", "Order Processed"]);
  assert.deepEqual(all.told[0].detail, { ...ORDER, region: "us-east-2" });
  assert.deepEqual(all.told[1].detail, { sessionId: "s-1", region: "us-east-2" });
  assert.deepEqual(entries(all.told.slice(1, 2), "bus"), [{
    EventBusName: "bus", Source: "trading.platform", DetailType: "Session Created",
    Detail: '{"sessionId":"s-1","region":"us-east-2"}',
  }]);
});

test("what can never be placed is a dead letter at once, and comes back when it cannot be one", async () => {
  const all = stores();
  const handler = trades(all, REGION);
  const batch = { Records: [message("a", { wrong: true }), { messageId: "b", body: "{" }] };
  assert.deepEqual(await handler(batch), { batchItemFailures: [] });
  assert.deepEqual(all.letters.map((letter) => letter.body), ['{"wrong":true}', "{"]);
  assert.match(all.letters[0].why, /unknown fields: wrong/);
  all.broken.add("letters");
  assert.deepEqual(await handler(batch), { batchItemFailures: [{ itemIdentifier: "a" }, { itemIdentifier: "b" }] });
});

test("of a batch only what failed comes back, and what can never work does not", async () => {
  const all = stores();
  const database = all.database;
  all.database = async (sql, values) => {
    if (values.trade_id === "t-2") throw new Error("down");
    return database(sql, values);
  };
  const said = await trades(all, REGION)({
    Records: [message("a", ORDER), message("b", { ...ORDER, tradeId: "t-2" }), message("c", { wrong: true })],
  });
  assert.deepEqual(said, { batchItemFailures: [{ itemIdentifier: "b" }] });
  assert.deepEqual([...all.rows.keys()], ["t-1"]);
  assert.deepEqual(all.letters.map((letter) => letter.body), ['{"wrong":true}']);
  assert.equal(all.types().filter((type) => type === "Critical Alert").length, 1);
});

test("values are sent as the Data API takes them", () => {
  assert.deepEqual(parameter(["n", 3]), { name: "n", value: { longValue: 3 } });
  assert.deepEqual(parameter(["p", 1.5]), { name: "p", value: { stringValue: "1.5" }, typeHint: "DECIMAL" });
  assert.deepEqual(parameter(["s", "x"]), { name: "s", value: { stringValue: "x" } });
});

test("a region is healthy when all of it works, and says what does not", async () => {
  const environment = { AWS_REGION: "us-east-1", DB_CLUSTER_ID: "trading-db" };
  const works = async () => {};
  const fails = async () => { throw new Error("down"); };
  const good = await health({ sessions: works, orders: works }, environment)();
  assert.equal(good.statusCode, 200);
  assert.deepEqual(JSON.parse(good.body), { status: "healthy", region: "us-east-1", database: "trading-db" });
  const bad = await health({ sessions: fails, orders: works }, environment)();
  assert.equal(bad.statusCode, 503);
  assert.deepEqual(JSON.parse(bad.body).wrong, ["sessions"]);
});

test("a failover is valid when this region's cluster writes", async () => {
  const environment = { ...REGION, DB_CLUSTER_ID: "second", GLOBAL_CLUSTER_ID: "all" };
  const asked = { action: "validate", region: "us-east-2" };
  const told = [];
  const world = (status, writer, tell = async (detail) => { told.push(detail); }) => ({
    tell,
    cluster: async () => ({ Status: status, DBClusterArn: "arn:second" }),
    global: async () => ({ GlobalClusterMembers: [
      { DBClusterArn: "arn:first", IsWriter: writer === "arn:first" },
      { DBClusterArn: "arn:second", IsWriter: writer === "arn:second" },
    ] }),
  });
  const valid = await validation(world("available", "arn:second"), environment)(asked);
  assert.deepEqual(valid, { valid: true, region: "us-east-2", writer: "arn:second" });
  assert.deepEqual(told, [{ region: "us-east-2", writer: "arn:second" }]);
  const silent = world("available", "arn:second", async () => { throw new Error("down"); });
  assert.equal((await validation(silent, environment)(asked)).valid, true);
  await assert.rejects(validation(world("available", "arn:first"), environment)(asked), /arn:first writes/);
  await assert.rejects(validation(world("promoting", "arn:second"), environment)(asked), /is promoting/);
  await assert.rejects(validation(world("available", "arn:second"), environment)({ ...asked, region: "x" }), /was to be/);
  await assert.rejects(validation(world("available", "arn:second"), environment)({}), /must be `validate`/);
});
