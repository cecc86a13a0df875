// Asks one thing of a beehiiv server through the official client and prints the answer as JSON.
// usage: node official-client.cjs BASE_URL PUBLICATION_ID QUESTION [ARGUMENT]
const { BeehiivClient, BeehiivError, Beehiiv } = require("@beehiiv/sdk");

const [baseUrl, publication, question, argument] = process.argv.slice(2);
const client = new BeehiivClient({ token: "any-token", baseUrl });
const expand = ["stats", "custom_fields", "tags", "referrals"];

async function walk() {
  const seen = { emails: [], pages: 0, totals: [], withStats: 0 };
  let cursor;
  do {
    const page = await client.subscriptions.index(publication, {
      limit: 100,
      "expand[]": expand,
      ...(cursor ? { cursor } : {}),
    });
    seen.pages += 1;
    seen.totals.push(page.total_results);
    seen.emails.push(...page.data.map((row) => row.email));
    seen.withStats += page.data.filter((row) => row.stats).length;
    cursor = page.has_more ? page.next_cursor : undefined;
  } while (cursor);
  return seen;
}

async function failing(call) {
  try {
    return { answered: await call() };
  } catch (error) {
    const kinds = ["NotFoundError", "TooManyRequestsError", "BadRequestError"];
    return {
      kind: kinds.find((name) => Beehiiv[name] && error instanceof Beehiiv[name]) ?? error.name,
      typed: error instanceof BeehiivError,
      status: error.statusCode,
      body: error.body,
    };
  }
}

// Every call of the client that reads, each with what it needs beside the publication. A name is
// RESOURCE.METHOD; ids are fetched from the list that belongs to it.
const first = async (page) => (await page).data[0].id;
const reads = {
  "publications.index": () => client.publications.index({}),
  "publications.show": () => client.publications.show(publication, { expand: ["stats"] }),
  "posts.index": () => client.posts.index(publication, { limit: 3, status: "confirmed" }),
  "posts.show": async () =>
    client.posts.show(publication, await first(client.posts.index(publication)), {}),
  "posts.aggregateStats": () => client.posts.aggregateStats(publication, { platform: "both" }),
  "postTemplates.index": () => client.postTemplates.index(publication),
  "subscriptions.index": () => client.subscriptions.index(publication, { limit: 3 }),
  "subscriptions.getById": async () =>
    client.subscriptions.getById(publication, await first(client.subscriptions.index(publication))),
  "subscriptions.getByEmail": async () => {
    const page = await client.subscriptions.index(publication);
    return client.subscriptions.getByEmail(publication, page.data[0].email);
  },
  "segments.index": () => client.segments.index(publication, { limit: 5, type: "dynamic" }),
  "segments.show": async () =>
    client.segments.show(publication, await first(client.segments.index(publication)), {
      "expand[]": ["stats"],
    }),
  "segments.expandResults": () => client.segments.expandResults(publication, argument, { limit: 5 }),
  "segments.listMembers": () =>
    client.segments.listMembers(publication, argument, { limit: 5, "expand[]": ["stats"] }),
  "automations.index": () => client.automations.index(publication),
  "automations.show": async () =>
    client.automations.show(publication, await first(client.automations.index(publication))),
  "automationJourneys.index": async () =>
    client.automationJourneys.index(publication, await first(client.automations.index(publication)), {
      status: "completed",
    }),
  "automationJourneys.show": async () => {
    const automation = await first(client.automations.index(publication));
    const journey = await first(client.automationJourneys.index(publication, automation));
    return client.automationJourneys.show(publication, automation, journey);
  },
  "bulkSubscriptionUpdates.index": () => client.bulkSubscriptionUpdates.index(publication),
  "bulkSubscriptionUpdates.show": async () =>
    client.bulkSubscriptionUpdates.show(
      publication,
      await first(client.bulkSubscriptionUpdates.index(publication)),
    ),
  "customFields.index": () => client.customFields.index(publication),
  "customFields.show": async () =>
    client.customFields.show(publication, await first(client.customFields.index(publication))),
  "emailBlasts.index": () => client.emailBlasts.index(publication, { status: "confirmed" }),
  "emailBlasts.show": async () =>
    client.emailBlasts.show(publication, await first(client.emailBlasts.index(publication))),
  "referralProgram.show": () => client.referralProgram.show(publication),
  "tiers.index": () => client.tiers.index(publication),
  "tiers.show": async () =>
    client.tiers.show(publication, await first(client.tiers.index(publication))),
  "webhooks.index": () => client.webhooks.index(publication),
  "webhooks.show": async () =>
    client.webhooks.show(publication, await first(client.webhooks.index(publication))),
  "workspaces.identify": () => client.workspaces.identify(),
};

// The methods that the client really has, read from its code, so that no call is forgotten.
function methods() {
  const own = (object) => Object.getOwnPropertyNames(Object.getPrototypeOf(object));
  return own(client)
    .filter((name) => name !== "constructor" && typeof client[name] === "object")
    .flatMap((resource) =>
      own(client[resource])
        .filter((name) => name !== "constructor" && !name.startsWith("_"))
        .map((method) => `${resource}.${method}`),
    );
}

async function every() {
  const answers = {};
  for (const [name, call] of Object.entries(reads)) answers[name] = await failing(call);
  return { answers, methods: methods() };
}

const questions = {
  every,
  publications: () => client.publications.index({ expand: ["stats"] }),
  list: () => client.subscriptions.index(publication, { limit: 5, "expand[]": expand }),
  walk,
  byId: () => client.subscriptions.getById(publication, argument, { "expand[]": expand }),
  byEmail: () => client.subscriptions.getByEmail(publication, argument, { "expand[]": expand }),
  posts: () => client.posts.index(publication, { limit: 100, expand: ["stats"], status: "confirmed" }),
  post: () => client.posts.show(publication, argument, { expand: ["stats"] }),
  missing: () => failing(() => client.subscriptions.getById(publication, argument)),
  retried: () => client.posts.index(publication, { limit: 1 }),
  refused: () => failing(() => client.posts.index(publication, { limit: 1 }, { maxRetries: 0 })),
};

questions[question]().then(
  (answer) => process.stdout.write(JSON.stringify(answer)),
  (error) => {
    process.stderr.write(String(error.stack ?? error));
    process.exitCode = 1;
  },
);
