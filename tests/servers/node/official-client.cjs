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

const questions = {
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
