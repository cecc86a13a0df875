// Signs deliveries with svix and with node's own crypto. Reads a JSON list of {by, id, at, body,
// secret} from stdin, at in milliseconds, and prints the headers of each.
"use strict";

const crypto = require("node:crypto");
const { Webhook } = require("svix");

function bySvix({ id, at, body, secret }) {
  return {
    "svix-id": id,
    "svix-timestamp": String(Math.floor(at / 1000)),
    "svix-signature": new Webhook(secret).sign(id, new Date(at), body),
  };
}

function byNode({ id, at, body, secret }) {
  const moment = String(Math.floor(at / 1000));
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const digest = crypto.createHmac("sha256", key).update(`${id}.${moment}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": moment, "webhook-signature": `v1,${digest}` };
}

function asGhost({ at, body, secret }) {
  const digest = crypto.createHmac("sha256", secret).update(`${body}${at}`).digest("hex");
  return { "X-Ghost-Signature": `sha256=${digest}, t=${at}` };
}

const signers = { svix: bySvix, node: byNode, ghost: asGhost };
const orders = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(orders.map((order) => signers[order.by](order))));
