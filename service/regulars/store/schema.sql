-- Every table of the store's database. All times are UTC without a zone, in microseconds.
-- The tables are derived: `regulars rebuild` makes them from history and journal.
-- `publication` and `connection` are the names in the settings; ids are the provider's, except
-- person_id, which is our own. There are no keys and no indexes: one writer, set-based loading.
-- Ids that differ in every row are kept uncompressed: trying encodings on them costs a quarter of
-- an insert and halves the speed of reading them; these four tables took 27 MiB of 200,000 people
-- with encodings, 47 without (docs/decisions/0017).

CREATE TABLE applied (                    -- one row: what this file contains
    entry           BIGINT NOT NULL,      -- number of the last journal entry applied
    entry_digest    VARCHAR NOT NULL,     -- and its digest; an unknown one means: rebuild
    schema_digest   VARCHAR NOT NULL      -- digest of this file and of the load statements
);

CREATE TABLE rebuilt (                    -- one row: when this file was made
    entry           BIGINT NOT NULL       -- last entry by then; rows deleted later left traces here
);

CREATE TABLE runs (                       -- one row for each end of a sync run
    run_id          VARCHAR NOT NULL,     -- run_...
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    connector       VARCHAR NOT NULL,
    started_at      TIMESTAMP NOT NULL,
    ended_at        TIMESTAMP NOT NULL,
    outcome         VARCHAR NOT NULL,     -- complete, partial, failed
    reason          VARCHAR,              -- in words, for any other outcome than complete
    retry_at        TIMESTAMP,            -- when the provider wants to be asked again
    entry           BIGINT NOT NULL
);

CREATE TABLE run_streams (                -- what a run saw of each stream
    run_id          VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    stream          VARCHAR NOT NULL,
    outcome         VARCHAR NOT NULL,     -- whole, window, events, partial, unavailable, failed
    seen            BIGINT NOT NULL,      -- records from the provider
    changed         BIGINT,               -- of these, new or different; NULL: a first version
    gone            BIGINT,               -- records that disappeared; NULL: a first version
    written         BIGINT NOT NULL,      -- rows of history, over all its streams
    quarantined     BIGINT NOT NULL,
    held_removals   BIGINT NOT NULL,      -- removals of people that wait for consent
    without_totals  BIGINT NOT NULL,      -- active people whose known running totals did not come
    held_changes    BIGINT NOT NULL DEFAULT 0,  -- people whose leaving waits for consent
    unknown_standings BIGINT NOT NULL DEFAULT 0,  -- people shown with a status that is not known
    reason          VARCHAR,
    alarm           VARCHAR,              -- counters_all_zero, counters_fell
    count_difference BIGINT,              -- records that came less what the provider counts
    accepted_difference BIGINT,           -- the one that the owner accepted
    statistics_age  BIGINT,               -- seconds: how old its statistics were; NULL: not said
    started_at      TIMESTAMP NOT NULL,   -- moment of the first page
    ended_at        TIMESTAMP NOT NULL,   -- moment of the last page
    shown_from      TIMESTAMP,            -- of an export: the moment of its oldest row
    shown_until     TIMESTAMP,            -- and of its newest one
    unread          VARCHAR,              -- digests of the ids of rows that could not be read
    entry           BIGINT NOT NULL
);

CREATE TABLE publications (
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,
    name            VARCHAR NOT NULL,
    created_at      TIMESTAMP,
    active_subscriptions BIGINT,
    extra           VARCHAR
);

CREATE TABLE posts (                      -- key: connection, id
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,
    title           VARCHAR NOT NULL,
    status          VARCHAR NOT NULL,     -- draft, scheduled, sent, archived; what was sent stays so
    form            VARCHAR NOT NULL,     -- email, web, both
    sent_at         TIMESTAMP,
    created_at      TIMESTAMP,
    web_url         VARCHAR,
    audience        VARCHAR,
    opens_tracked   BOOLEAN,              -- NULL: not said
    delivered       BIGINT,
    unique_opens    BIGINT,
    unique_clicks   BIGINT,
    verified_clicks BIGINT,
    unsubscribes    BIGINT,
    list_id         VARCHAR,              -- for the people of this list alone; NULL: not said
    recipients      BIGINT,               -- to how many it went, or is planned to go
    restricted      BOOLEAN,              -- for a part of the people alone: a tier, or segments
    extra           VARCHAR,
    taken_back      BOOLEAN,              -- it was sent, and the provider now says otherwise
    presence        VARCHAR NOT NULL,     -- present, missing (once), removed (confirmed)
    absent_since    TIMESTAMP,
    seen_at         TIMESTAMP NOT NULL
);

-- The posts' own sums at every observation that changed something about a post, to compare the
-- growth of people's running totals with.
CREATE TABLE post_totals (
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,
    sent_at         TIMESTAMP,
    delivered       BIGINT,
    unique_opens    BIGINT,
    seen_at         TIMESTAMP NOT NULL,
    entry           BIGINT NOT NULL
);

CREATE TABLE days (                       -- key: connection, id; over all people
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,
    starts_at       TIMESTAMP NOT NULL,   -- 00:00 UTC of the day; the day under way is partial
    mail            VARCHAR NOT NULL,     -- post; message: other mails, such as automations
    opens           BIGINT,
    unique_opens    BIGINT,
    clicks          BIGINT,
    unique_clicks   BIGINT,
    verified_clicks BIGINT,
    unique_verified_clicks BIGINT,
    seen_at         TIMESTAMP NOT NULL
);

CREATE TABLE day_totals (                 -- the days' opens at every observation that changed them
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,
    mail            VARCHAR NOT NULL,
    starts_at       TIMESTAMP NOT NULL,
    unique_opens    BIGINT,
    seen_at         TIMESTAMP NOT NULL,
    entry           BIGINT NOT NULL
);

CREATE TABLE lists (                      -- key: connection, id
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,
    name            VARCHAR NOT NULL,
    status          VARCHAR NOT NULL,     -- the provider's value
    created_at      TIMESTAMP,
    subscribers     BIGINT,
    extra           VARCHAR,
    presence        VARCHAR NOT NULL,
    absent_since    TIMESTAMP,
    seen_at         TIMESTAMP NOT NULL
);

CREATE TABLE list_standings (             -- key: connection, id
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,
    list_id         VARCHAR NOT NULL,
    subscription_id VARCHAR NOT NULL,
    status          VARCHAR NOT NULL,     -- as of subscriptions, on this list alone
    provider_status VARCHAR,
    joined_at       TIMESTAMP,
    left_at         TIMESTAMP,
    presence        VARCHAR NOT NULL,
    absent_since    TIMESTAMP,
    seen_at         TIMESTAMP NOT NULL
);

-- Groups at the provider, with the meaning that the owner gives them. Their results are signals
-- whose key begins with the segment's id. They count only as long as the segment is here unchanged.
CREATE TABLE segments (                   -- key: connection, id
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,
    name            VARCHAR NOT NULL,
    status          VARCHAR NOT NULL,     -- completed, inactive, partial, processing, failed, unknown
    means           VARCHAR NOT NULL,     -- open, click
    post_id         VARCHAR NOT NULL,
    calculated_at   TIMESTAMP,
    results         BIGINT,
    presence        VARCHAR NOT NULL,     -- removed: the settings have dropped it
    absent_since    TIMESTAMP,
    seen_at         TIMESTAMP NOT NULL
);

-- When somebody left, by an imported export of the list.
-- key: connection, subscription_id, left_at.
CREATE TABLE departures (
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,     -- of the subscription that it concerns
    subscription_id VARCHAR NOT NULL,
    left_at         TIMESTAMP NOT NULL,
    told_by         VARCHAR NOT NULL,     -- connection that brought it
    seen_at         TIMESTAMP NOT NULL
);

-- Mails between readers and the writer. They hold no words, names and addresses of readers: what could
-- name or quote somebody is a keyed hash, several with blanks between (docs/decisions/0049).
CREATE TABLE letters (                    -- key: connection, id
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,     -- hash of its identity, equal in every mailbox
    direction       VARCHAR NOT NULL,     -- in, out
    kind            VARCHAR NOT NULL,     -- its class: human, auto_reply, ...
    rule            VARCHAR NOT NULL,     -- what decided the class
    arrived_at      TIMESTAMP NOT NULL,
    clock           VARCHAR NOT NULL,     -- which clock said so: server, received, sent, file
    sent_at         TIMESTAMP,            -- by the sender's clock
    message_id      VARCHAR,
    correspondent   VARCHAR,              -- hash of the reader's address
    canonical       VARCHAR,              -- and of its plain form, without a plus part
    sender_certain  BOOLEAN NOT NULL,
    authenticated   BOOLEAN,              -- by the own mail server's word; NULL: not said
    recipients      BIGINT NOT NULL,
    to_writer       BOOLEAN NOT NULL,     -- an address of the writer is among them
    is_junk         BOOLEAN NOT NULL,
    is_list         BOOLEAN NOT NULL,     -- it came through a list
    is_answered     BOOLEAN,              -- the mailbox's flag; NULL: the source has none
    is_reply        BOOLEAN NOT NULL,     -- its subject says that it answers
    parents         VARCHAR,              -- hashes of ids, the nearest last
    returned        VARCHAR,              -- of mails that it gives back
    tokens          VARCHAR,              -- of plus parts of reply addresses
    subjects        VARCHAR,
    topics          VARCHAR,
    links           VARCHAR,
    runs            VARCHAR,              -- of five words each, of what it quotes
    quoted_dates    VARCHAR,              -- above a quote of the writer's: microseconds, m after those with a time
    quoted_addresses VARCHAR,
    own_words       VARCHAR,              -- of all its own words together
    words           BIGINT NOT NULL,
    question        BOOLEAN NOT NULL,
    has_attachment  BOOLEAN NOT NULL,
    cut             VARCHAR,              -- what was too much to be read
    seen_at         TIMESTAMP NOT NULL,
    entry           BIGINT NOT NULL
);

CREATE TABLE post_texts (                 -- key: connection, id; what letters may show of a post, as hashes
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,     -- the post's
    subjects        VARCHAR,
    sender          VARCHAR,
    reply_address   VARCHAR,
    message_ids     VARCHAR,
    links           VARCHAR,
    runs            VARCHAR,
    presence        VARCHAR NOT NULL,
    absent_since    TIMESTAMP,
    seen_at         TIMESTAMP NOT NULL
);

CREATE TABLE letter_acts (                -- what the owner said of letters; the newest of each counts
    publication     VARCHAR NOT NULL,
    letter_id       VARCHAR NOT NULL,
    act             VARCHAR NOT NULL,     -- rest, later, answered, person, machine
    until_at        TIMESTAMP,            -- of later
    acted_at        TIMESTAMP NOT NULL,
    entry           BIGINT NOT NULL
);

CREATE TABLE questions (                  -- key: connection, id
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    id              VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,     -- poll, survey, feedback
    name            VARCHAR NOT NULL,
    text            VARCHAR,
    choices         VARCHAR,              -- JSON list of labels
    created_at      TIMESTAMP,
    responses       BIGINT,
    extra           VARCHAR,
    presence        VARCHAR NOT NULL,
    absent_since    TIMESTAMP,
    seen_at         TIMESTAMP NOT NULL
);

-- Every version ever seen of a subscription's standing. The newest of a key is the present one: that
-- of the largest entry, where an older export came later (earlier_standings) that of the latest
-- moment. key: connection, subscription_id, spell. `was_*` is the version before it, in the row, so
-- that a change of status needs no window over all versions.
CREATE TABLE subscription_versions (
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    subscription_id VARCHAR NOT NULL USING COMPRESSION uncompressed,
    spell           VARCHAR NOT NULL,     -- '' where the provider has one row per subscription
    status          VARCHAR NOT NULL,     -- active, pending, paused, left, bounced, removed, unknown
    provider_status VARCHAR,
    joined_at       TIMESTAMP,
    left_at         TIMESTAMP,            -- only where the provider says when
    tier            VARCHAR,
    channel         VARCHAR,
    source          VARCHAR,
    medium          VARCHAR,
    campaign        VARCHAR,
    presence        VARCHAR NOT NULL,     -- present, missing (once), removed (confirmed)
    absent_since    TIMESTAMP,            -- moment of the first whole pull without it
    was_status      VARCHAR,              -- NULL: this is the first version
    was_presence    VARCHAR,
    seen_at         TIMESTAMP NOT NULL,   -- moment its page was fetched
    entry           BIGINT NOT NULL       -- journal entry that committed this version
);

CREATE TABLE subscriptions AS             -- the newest version of each key
    SELECT * FROM subscription_versions LIMIT 0;

CREATE TABLE people (                     -- which person stands behind a subscription
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    subscription_id VARCHAR NOT NULL USING COMPRESSION uncompressed,
    person_id       VARCHAR NOT NULL USING COMPRESSION uncompressed  -- per_...; equal folded addresses of a publication share it
);

-- All personal data, and only here. subject: subscription or signal.
CREATE TABLE words (                      -- key: connection, subject, id
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    subject         VARCHAR NOT NULL,
    id              VARCHAR NOT NULL USING COMPRESSION uncompressed,  -- subscription id, or kind/signal_key
    email           VARCHAR,
    name            VARCHAR,
    text            VARCHAR,              -- what a reader wrote (poll feedback, comment)
    words           VARCHAR USING COMPRESSION zstd,  -- JSON object: custom fields, tags, the rest
    entry           BIGINT NOT NULL
);

-- Running totals, one row whenever they changed (or were seen first), with the totals before.
-- was_at: the last moment at which the totals before were still seen (the start of the last whole
-- walk without a quarantined row, if nothing changed in it). NULL in a first row without a past:
-- such a row is only a base. A person who joined after the first whole walk starts
-- from zero at joined_at. top_*: the highest total seen before, where it is above the one before:
-- what rises to a height that was seen already proves nothing (docs/decisions/0034).
CREATE TABLE counters (
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    subscription_id VARCHAR NOT NULL USING COMPRESSION uncompressed,
    seen_at         TIMESTAMP NOT NULL,   -- moment its page was fetched
    received        BIGINT NOT NULL,
    opened          BIGINT NOT NULL,      -- distinct mails opened
    clicked         BIGINT NOT NULL,      -- distinct mails clicked, scanners included
    rounded         BOOLEAN NOT NULL,     -- recovered from a rounded rate
    epoch           INTEGER NOT NULL,     -- 1; before 0.3 it grew when a total fell
    was_at          TIMESTAMP,
    was_received    BIGINT,
    was_opened      BIGINT,
    was_clicked     BIGINT,
    top_received    BIGINT,
    top_opened      BIGINT,
    top_clicked     BIGINT,
    entry           BIGINT NOT NULL
);

CREATE TABLE counter_state AS             -- the newest row of each subscription
    SELECT * FROM counters LIMIT 0;

-- Sends, opens, clicks, answers; the newest version of each. key: connection, kind, signal_key.
CREATE TABLE signals (
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,     -- send, open, click, reply, comment, poll, survey, feedback
    signal_key      VARCHAR NOT NULL,     -- the provider's id, or a digest of all columns
    subscription_id VARCHAR,              -- NULL: the person is gone or unknown
    post_id         VARCHAR,
    happened_at     TIMESTAMP,            -- NULL: not said
    machine         BOOLEAN,              -- NULL: not said
    url             VARCHAR,
    question_id     VARCHAR,
    answer          VARCHAR,              -- the label of a choice, written by the writer
    seen_at         TIMESTAMP NOT NULL,
    entry           BIGINT NOT NULL
);

CREATE TABLE walks (                      -- how far event streams have been committed
    connection      VARCHAR NOT NULL,
    stream          VARCHAR NOT NULL,
    parent          VARCHAR NOT NULL,     -- '' for a walk that has none
    cursor          VARCHAR,              -- where an interrupted walk resumes; NULL: it ended
    checkpoint      VARCHAR,              -- where the next walk may begin, from the last ended one
    seen_at         TIMESTAMP NOT NULL,
    entry           BIGINT NOT NULL
);

CREATE TABLE hook_deliveries (            -- what came by webhook; key: connection, delivery_id, received_at
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    delivery_id     VARCHAR NOT NULL,     -- the provider's, the same at each try
    event_type      VARCHAR NOT NULL,     -- in the provider's words
    received_at     TIMESTAMP NOT NULL,
    hints           VARCHAR NOT NULL,     -- streams whose next pull confirms it, with commas between
    has_records     BOOLEAN NOT NULL,     -- whether it alone carries a fact, such as an answer
    path            VARCHAR NOT NULL,     -- of its body, below the store's folder
    size            BIGINT NOT NULL,      -- of its body, in bytes
    sha256          VARCHAR NOT NULL,
    is_settled      BOOLEAN NOT NULL,     -- its body is gone: it became records, or a pull confirmed it
    entry           BIGINT NOT NULL
);

CREATE TABLE published (                  -- what widgets have shown; key: widget, period
    widget          VARCHAR NOT NULL,     -- key of the widget, wgt_...
    publication     VARCHAR NOT NULL,
    period          VARCHAR NOT NULL,     -- the week or day that it shows: 2026-W47, 2026-11-22
    document        VARCHAR NOT NULL,     -- the document as JSON
    shown_at        TIMESTAMP NOT NULL,   -- when it was first shown
    entry           BIGINT NOT NULL
);

CREATE TABLE api_keys (                   -- keys for programs; the text of a key is kept nowhere
    id              VARCHAR NOT NULL,     -- key_...
    name            VARCHAR NOT NULL,     -- what the owner calls it
    digest          VARCHAR NOT NULL,     -- HMAC-SHA256 of the key with the store's secret, in hex
    scopes          VARCHAR NOT NULL,     -- separated by spaces
    everywhere      BOOLEAN NOT NULL,     -- for all publications, else for those in api_key_publications
    made_at         TIMESTAMP NOT NULL,
    expires_at      TIMESTAMP,            -- NULL: never
    used_at         TIMESTAMP,            -- noted once a day at most; NULL: not yet
    revoked_at      TIMESTAMP,
    entry           BIGINT NOT NULL
);

CREATE TABLE api_key_publications (       -- renamed and removed with the publication
    key_id          VARCHAR NOT NULL,
    publication     VARCHAR NOT NULL
);

CREATE TABLE sign_ins (                   -- one-time links, and the sessions that they gave
    id              VARCHAR NOT NULL,     -- sgn_...
    link_digest     VARCHAR NOT NULL,     -- as of a key
    made_at         TIMESTAMP NOT NULL,
    link_ends_at    TIMESTAMP NOT NULL,
    session_digest  VARCHAR,              -- NULL: the link was not used
    ends_at         TIMESTAMP,            -- of the session
    ended_at        TIMESTAMP,            -- signed out, or ended with all others
    entry           BIGINT NOT NULL
);

-- Who wrote each letter and which post it answers: derived from the tables above, like histories. One row
-- for each letter of a publication, however many sources show it (docs/decisions/0049).
CREATE TABLE letter_ties (
    publication     VARCHAR NOT NULL,
    letter_id       VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,     -- of the source whose row counts
    kind            VARCHAR NOT NULL,     -- its class, list mail settled
    post_connection VARCHAR,              -- of the post that it answers; NULL: none is known
    post_id         VARCHAR,
    is_other        BOOLEAN NOT NULL,     -- it answers a mail that is no post, such as a welcome
    rung            INTEGER NOT NULL,     -- 1 to 10 of the ladder
    confidence      DOUBLE NOT NULL,
    person_id       VARCHAR,              -- NULL: no subscriber is known
    known_by        VARCHAR,              -- address, canonical, conversation, quoted
    conversation    VARCHAR,              -- letters of one person in one thread share it
    same_as         VARCHAR               -- the letter of the same person that it repeats
);

CREATE TABLE letters_made (               -- one row for each publication: what its ties are of
    publication     VARCHAR NOT NULL,
    entry           BIGINT NOT NULL,      -- the last journal entry that they contain
    definition      VARCHAR NOT NULL      -- digest of settings and rules
);

-- Kept histories: derived from the tables above by the views, for one instant of each publication
-- (docs/decisions/0044). They are no truth: a backup lacks them, and whoever finds them out of date
-- makes them again. Bits: the leftmost one (index 0) is the newest unit; all have the same length.
CREATE TABLE histories (                  -- one row for each standing; key: publication, person_id, standing_no
    publication     VARCHAR NOT NULL,
    person_id       VARCHAR NOT NULL,
    standing_no     INTEGER NOT NULL,
    since_at        TIMESTAMP NOT NULL,
    until_at        TIMESTAMP,            -- NULL: open
    end_kind        VARCHAR NOT NULL,     -- open, left, censored
    is_dated        INTEGER NOT NULL,     -- 1: it is known when they joined
    is_unsure       INTEGER NOT NULL,     -- 1: it cannot be told whether they still stand
    channel         VARCHAR,
    source          VARCHAR,
    medium          VARCHAR,
    campaign        VARCHAR,
    first_unit      INTEGER,              -- unit_no of the first unit that reached them
    last_life_unit  INTEGER,              -- unit_no of the last proof of life: a click or an answer
    block_reached   INTEGER NOT NULL,     -- posts before all bits that the first look at totals tells of
    block_low       INTEGER NOT NULL,     -- of these, certainly read, nobody knows which
    block_high      INTEGER NOT NULL,     -- and perhaps read
    block_clicked   INTEGER NOT NULL,     -- 1: something in them was clicked
    last_read_at    TIMESTAMP,
    last_answer_at  TIMESTAMP,            -- of the person, by the end of this standing
    last_reply_at   TIMESTAMP,
    reached         BIT NOT NULL,
    seen            BIT NOT NULL,         -- machines or people were recorded, or nothing was
    judged          BIT NOT NULL,         -- an opportunity by the rule
    low             BIT NOT NULL,         -- certainly read
    high            BIT NOT NULL,         -- perhaps read
    settled         BIT NOT NULL,         -- a window that ends here has right bounds
    plain           BIT NOT NULL,         -- read by an open of unknown making alone
    opened          BIT NOT NULL,         -- an open is recorded
    clicked         BIT NOT NULL,
    answered        BIT NOT NULL,
    acted           BIT NOT NULL,         -- a click or an answer fell on this unit
    blind           BIT NOT NULL          -- reached them, and its opens are not recorded
);

CREATE TABLE history_units (              -- the units behind the bits; key: publication, place
    publication     VARCHAR NOT NULL,
    place           INTEGER NOT NULL,     -- index of its bit: 0 is the newest
    unit_no         BIGINT NOT NULL,      -- number of the post, or of the ISO week
    first_sent_at   TIMESTAMP NOT NULL,
    last_sent_at    TIMESTAMP NOT NULL,
    matured_at      TIMESTAMP NOT NULL,   -- from when on it can be judged
    closes_at       TIMESTAMP NOT NULL,   -- from when on nothing is added to it: a week goes on
    post_nos        BIGINT[] NOT NULL     -- its posts, by their post_no
);

CREATE TABLE history_posts (              -- what all signals say of a post; key: publication, connection, post_id
    publication     VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    post_id         VARCHAR NOT NULL,
    opened_at       TIMESTAMP,            -- when its earliest open was seen, as `first_opens` has it
    handed_at       TIMESTAMP,            -- the earliest moment in its list of deliveries
    links           BIGINT                -- how many links of it were clicked, from three on
);

CREATE TABLE history_spells (             -- the spells of open standings: who was there when a post went out
    publication     VARCHAR NOT NULL,
    person_id       VARCHAR NOT NULL,
    connection      VARCHAR NOT NULL,
    starts_at       TIMESTAMP NOT NULL,
    ends_at         TIMESTAMP NOT NULL
);

CREATE TABLE history_replies (            -- people whose letters count; key: publication, person_id
    publication     VARCHAR NOT NULL,
    person_id       VARCHAR NOT NULL,
    digest          VARCHAR NOT NULL      -- of what these letters say
);

CREATE TABLE histories_made (             -- one row for each publication: what its histories are of
    publication     VARCHAR NOT NULL,
    entry           BIGINT NOT NULL,      -- the last journal entry that they contain
    is_current      BOOLEAN NOT NULL,     -- FALSE: a later entry may have changed them
    made_from       TIMESTAMP NOT NULL,   -- they hold from this instant on
    holds_until     TIMESTAMP,            -- and before this one; NULL: nothing is known to change them
    definition      VARCHAR NOT NULL,     -- digest of statements and settings behind them
    posts_digest    VARCHAR NOT NULL,     -- of what all people share: the posts
    reach_digest    VARCHAR NOT NULL,     -- of to how many people posts went
    partly_digest   VARCHAR NOT NULL,     -- of the posts that went to a part of the people
    ties_digest     VARCHAR NOT NULL,     -- of the ties of letters
    signals         BIGINT NOT NULL       -- how many signals there were; fewer of them now: replaced
);

-- The kept fit of the model, made from the histories (docs/decisions/0045): no truth either.
CREATE TABLE reader_scores (              -- a row for each standing; key: publication, person_id, standing_no
    publication     VARCHAR NOT NULL,
    person_id       VARCHAR NOT NULL,
    standing_no     INTEGER NOT NULL,
    end_kind        VARCHAR NOT NULL,     -- open, left, censored
    since_at        TIMESTAMP NOT NULL,
    until_at        TIMESTAMP,            -- NULL: open
    is_dated        BOOLEAN NOT NULL,
    is_unsure       BOOLEAN NOT NULL,
    last_read_at    TIMESTAMP,
    last_answer_at  TIMESTAMP,
    last_reply_at   TIMESTAMP,
    is_open         BOOLEAN NOT NULL,     -- FALSE: gone since the first back-test
    visibility      VARCHAR NOT NULL,     -- visible, uncertain, hidden
    is_provisional  BOOLEAN NOT NULL,     -- a first look at totals tells of their past, little since
    reached         SMALLINT NOT NULL,    -- units
    opportunities   SMALLINT NOT NULL,    -- of them, those that the model learns from
    reads           SMALLINT NOT NULL,
    p_sustained     DOUBLE,               -- chance to keep reading; NULL: nothing to tell it from
    p_most          DOUBLE,               -- the same at the upper end
    p_moved         DOUBLE,               -- how it moves with the logit of reading
    p_here          DOUBLE,               -- chance to be there for the next unit
    expected_reads  DOUBLE,               -- in the next units
    is_proved       BOOLEAN NOT NULL,     -- hidden, and clicked or answered in the last 13 units
    p_if_alike      DOUBLE,               -- hidden: chance to keep reading if they read like the others
    p_if_alike_moved DOUBLE,              -- how it moves with the logit of reading
    was_state       VARCHAR,              -- at the first back-test; NULL: they were not there
    was_p_sustained DOUBLE,               -- NULL: they did not count
    was_p_here      DOUBLE,
    was_usual_reads DOUBLE,               -- reads in as many units as the rule looks at
    reads_since     SMALLINT,             -- since the first back-test
    opportunities_since SMALLINT,
    earlier_p_sustained DOUBLE,           -- at the second back-test
    earlier_p_here  DOUBLE,
    reads_since_earlier SMALLINT,
    rule_state      VARCHAR NOT NULL,     -- by the rule alone
    posts_judged    SMALLINT NOT NULL,    -- of the last units, as the rule looks at them
    reads_low       SMALLINT NOT NULL,
    reads_high      SMALLINT NOT NULL,
    opens           SMALLINT NOT NULL,
    clicks          SMALLINT NOT NULL,
    answers         SMALLINT NOT NULL,
    first_read_post_at TIMESTAMP,
    held_since      TIMESTAMP,            -- the unit that completed the rule, unbroken since
    held_until      TIMESTAMP             -- the last unit at which they kept to it
);

CREATE TABLE readerships (                -- one row for each publication with a kept fit
    publication     VARCHAR NOT NULL,
    entry           BIGINT NOT NULL,      -- of its histories
    made_from       TIMESTAMP NOT NULL,   -- of its histories
    definition      VARCHAR NOT NULL,     -- digest of the rule and the code
    posts           VARCHAR NOT NULL,     -- the posts as the facts of a report have them, as JSON
    summary         VARCHAR NOT NULL      -- what it adds up to, as JSON
);

CREATE TABLE reader_weights (             -- what the model learned, found again by the digest of its cells
    publication     VARCHAR NOT NULL,
    digest          VARCHAR NOT NULL,
    has_fallen_back BOOLEAN NOT NULL,
    strata          BIGINT[] NOT NULL,
    weights         DOUBLE[][] NOT NULL   -- one list a stratum
);
