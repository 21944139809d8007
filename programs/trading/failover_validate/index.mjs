/**
 * Tells the failover orchestration whether the region that took over works: asked `{ action: "validate", region }`.
 *
 * The cluster of that region must be available, and the one that writes in its global database. What is not so is
 * thrown, which ends the orchestration with a message to the alert topic.
 */

/** The function over what it asks: `cluster(id)` and `global(id)` describe the databases. */
export function handlerOver({ cluster, global }, environment) {
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
    return { valid: true, region: event.region, writer };
  };
}

async function cloud() {
  const { RDSClient, DescribeDBClustersCommand, DescribeGlobalClustersCommand } = await import("@aws-sdk/client-rds");
  const rds = new RDSClient({});
  return {
    cluster: async (id) => (await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }))).DBClusters[0],
    global: async (id) =>
      (await rds.send(new DescribeGlobalClustersCommand({ GlobalClusterIdentifier: id }))).GlobalClusters[0],
  };
}

let own;

/** The entry point. */
export async function handler(event) {
  own ??= handlerOver(await cloud(), process.env);
  return own(event);
}
