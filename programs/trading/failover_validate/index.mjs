/**
 * Tells the failover orchestration whether the region that took over works: asked `{ action: "validate", region }`.
 *
 * The cluster of that region must be available, and the one that writes in its global database. What is not so is
 * thrown, which ends the orchestration with a message to the alert topic. What is so is told to the region's event bus.
 */

/** The function over what it talks to: `cluster(id)` and `global(id)` describe the databases, `tell(detail)` puts an event. */
export function handlerOver({ cluster, global, tell }, environment) {
  return async (event) => {
    if (event?.action !== "validate") throw new Error(`\`action\` must be \`validate\`, not ${JSON.stringify(event?.action)}`);
    if (event.region !== environment.REGION) {
      throw new Error(`this is ${environment.REGION}, and ${event.region} was to be validated`);
    }
    const here = await cluster(environment.DB_CLUSTER_ID);
    if (here.Status !== "available") throw new Error(`the cluster ${environment.DB_CLUSTER_ID} is ${here.Status}`);
    const { GlobalClusterMembers: members = [] } = await global(environment.GLOBAL_CLUSTER_ID);
    const writer = members.find((member) => member.IsWriter)?.DBClusterArn;
    if (writer !== here.DBClusterArn) throw new Error(`${writer ?? "no cluster"} writes, not ${here.DBClusterArn}`);
    try {
      await tell({ region: event.region, writer });
    } catch (error) {
      // The failover is done, whether anybody hears of it or not.
      console.error(JSON.stringify({ untold: error.name, message: error.message }));
    }
    return { valid: true, region: event.region, writer };
  };
}

async function cloud(environment) {
  const { RDSClient, DescribeDBClustersCommand, DescribeGlobalClustersCommand } = await import("@aws-sdk/client-rds");
  const { EventBridgeClient, PutEventsCommand } = await import("@aws-sdk/client-eventbridge");
  const rds = new RDSClient({});
  const bus = new EventBridgeClient({});
  return {
    cluster: async (id) => (await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }))).DBClusters[0],
    global: async (id) =>
      (await rds.send(new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: id }))).GlobalClusters[0],
    tell: async (detail) => {
      const said = await bus.send(new PutEventsCommand({ Entries: [{
        EventBusName: environment.EVENT_BUS, Source: "trading.platform", DetailType: "Failover Event",
        Detail: JSON.stringify(detail),
      }] }));
      if (said.FailedEntryCount > 0) throw new Error(`the bus refuses the event: ${said.Entries?.[0]?.ErrorCode}`);
    },
  };
}

let own;

/** The entry point. */
export async function handler(event) {
  own ??= handlerOver(await cloud(process.env), process.env);
  return own(event);
}
