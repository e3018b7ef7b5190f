// SPDX-License-Identifier: Apache-2.0
// Just inside a bound and just outside; the one fact of several that a check must not overlook.
#include <stdio.h>

#include "tests/unit/oracle/expects.h"
#include "tests/unit/oracle/tale.h"

static const char PLAIN[] = SCENARIO("'steps':[],'expect':[]," ANY_REQUEST);
#define TOKEN "{'n':1,'verb':'resolve','id':'t'}"

#define ROW(about, scene, id, story, judged, sentence)                                             \
    {                                                                                              \
        .name = (about), .scenario = (scene), .tale = (story), .check = (id),                      \
        .verdict = VERDICT_##judged, .says = (sentence)                                            \
    }
#define HOLDS(about, scene, id, story) ROW(about, scene, id, story, PASS, NULL)
#define FAILS(about, scene, id, story, sentence) ROW(about, scene, id, story, FAIL, sentence)

static void replies(void)
{
#define REFUSED(status)                                                                            \
    ASK "flush\n request 1 acme:9:7\n error 1 " status " X\n say u1 rejected\n" FINISH
#define CONFIRMED(status)                                                                          \
    ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n reply 1 " status                        \
        " 0=Success\n say u1 metered\n" FINISH
    static const struct row ROWS[] = {
        HOLDS("an error 400 refuses", NULL, "money", REFUSED("400")),
        HOLDS("an error 499 refuses", NULL, "money", REFUSED("499")),
        FAILS("an error 399 does not", NULL, "money", REFUSED("399"), "no reply that reached"),
        FAILS("an error 500 does not", NULL, "money", REFUSED("500"), "no reply that reached"),
        FAILS("an error 408 does not", NULL, "money", REFUSED("408"), "no reply that reached"),
        HOLDS("a 200 confirms", NULL, "money", CONFIRMED("200")),
        HOLDS("a 299 confirms", NULL, "money", CONFIRMED("299")),
        FAILS("a 199 does not", NULL, "money", CONFIRMED("199"), "before a whole reply"),
        FAILS("a 300 does not", NULL, "money", CONFIRMED("300"), "before a whole reply"),
        FAILS("a 200 that names an error does not", NULL, "money",
              ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n event response {'x':1,"
                  "'status':200,'error':'X','whole':true,'results':[{'i':0,'status':'Success'}]}\n"
                  "say u1 metered\n" FINISH,
              "before a whole reply"),
        FAILS("a result without a status does not", NULL, "money",
              ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n event response {'x':1,"
                  "'status':200,'whole':true,'results':[{'i':0}]}\n say u1 metered\n" FINISH,
              "before a whole reply"),
        FAILS("a result for a record that was not sent does not", NULL, "money",
              ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+\n reply 1 200 5=Success\n"
                  "say u1 metered\n" FINISH,
              "before a whole reply"),
        HOLDS("the second record of the second request is refused", NULL, "money",
              ASK "flush\n request 1 globex:9:1\n request 2 globex:9:1 acme:9:7\n"
                  "error 2 400 X\n say u1 rejected\n" FINISH),
        HOLDS("refused, and later confirmed but not billed", NULL, "money",
              ASK "flush\n request 1 acme:9:7\n error 1 400 X\n request 2 acme:9:7\n"
                  "reply 2 200 0=Success\n say u1 rejected\n" FINISH),
        HOLDS("known as a duplicate, and later refused", NULL, "money",
              "preload acme:9:7\n" ASK "flush\n request 1 acme:9:7\n"
              "reply 1 200 0=DuplicateRecord\n request 2 acme:9:7\n error 2 400 X\n"
              "say u1 metered\n" FINISH),
        {0},
    };
    // What was there before is the scenario's own; the sum of it is judged, not where it is from.
    rows_judge(ROWS, SCENARIO("'steps':[],'expect':[],'world':{'ledger':[{'customer':'acme',"
                              "'dimension':'requests','quantity':7}]}," ANY_REQUEST));
}

static void words(void)
{
    static const struct row ROWS[] = {
        HOLDS("rejected, and taken back before it is billed", NULL, "money",
              ASK_TWO "flush\n request 1 acme:9:12\n error 1 400 X\n say u1 rejected\n"
                      "say u1 pending\n say u2 pending\n meter 2 acme:9:12\n"
                      "say u1 metered\n say u2 metered\n" FINISH),
        FAILS("confirmed before the drain and after it, and still pending", NULL, "money",
              ASK "flush\n meter 1 acme:9:7\n say u1 pending\n done\n drain\n done\n"
                  "request 2 acme:9:7\n reply 2 200 0=Success\n end done",
              "the reply at line 8 confirmed it"),
        FAILS("confirmed, and unknown after the drain", NULL, "money",
              ASK "flush\n meter 1 acme:9:7\n say u1 unknown\n" FINISH, "still calls it unknown"),
        FAILS("billed before the case, confirmed, and pending after the drain", NULL, "money",
              "preload acme:9:7\n" ASK "flush\n request 1 acme:9:7\n reply 1 200 0=Success\n"
              "say u1 pending\n" FINISH,
              "still calls it pending"),
        HOLDS("asked after the flush was sent, and never spoken of", NULL, "money",
              "hello\n flush\n usage u1 acme 7 9\n done\n done 1\n end done"),
        HOLDS("asked and spoken of by the second life", NULL, "final-words",
              ASK "say u1 pending\n say u1 strange\n say u1 metered\n end done"),
        FAILS("a final word, then one that is none, then another", NULL, "final-words",
              ASK "say u1 metered\n say u1 strange\n say u1 pending\n end done",
              "u1 was called metered at line 5"),
        FAILS("the first final word stands", NULL, "final-words",
              ASK "say u1 metered\n say u1 rejected\n say u1 metered\n say u1 rejected\n end done",
              "metered at line 7, which is final, and rejected at line 8."),
        {0},
    };
    rows_judge(ROWS, SCENARIO("'steps':[],'expect':[],'world':{'ledger':[{'customer':'acme',"
                              "'dimension':'requests','quantity':7}]}," ANY_REQUEST));
}

static void accounts(void)
{
#define PUT_THERE(member)                                                                          \
    SCENARIO("'steps':[],'expect':[],'world':{'ledger':[{'customer':'globex','dimension':"         \
             "'requests','quantity':1}," member "]}," ANY_REQUEST)
#define COMMIT(product, dimension, quantity)                                                       \
    "event commit {'x':1,'region':'us-east-1','records':[{'i':0,'product':'" product               \
    "','payer':'customer:acme','customer':'acme','dimension':'" dimension                          \
    "','hour':'2026-11-18T09:00:00Z','quantity':" quantity ",'billed':true}]}\n"
#define BOUGHT(dimension, quantity) COMMIT("widget", dimension, quantity)
    static const char SECOND[] =
        PUT_THERE("{'customer':'acme','dimension':'requests','quantity':7}");
    static const char OTHER_CUSTOMER[] =
        PUT_THERE("{'customer':'initech','dimension':'requests','quantity':7}");
    static const char OTHER_DIMENSION[] =
        PUT_THERE("{'customer':'acme','dimension':'users','quantity':7}");
    static const char BY_A_STEP[] = SCENARIO(
        "'steps':[{'n':1,'verb':'usage','id':'u1'},{'n':2,'verb':'world','args':{'ledger':[{"
        "'customer':'acme','dimension':'requests','quantity':7}]}}],'expect':[]," ANY_REQUEST);
    static const char BY_NO_STEP[] =
        SCENARIO("'steps':[{'n':2,'verb':'world','args':{'ledger':[]}}],'expect':[]," ANY_REQUEST);
    static const struct row ROWS[] = {
        HOLDS("the second that the scenario put there", SECOND, "money", "preload acme:9:7\n" ASK),
        HOLDS("put there by a step", BY_A_STEP, "money", "preload acme:9:7\n" ASK),
        ROW("put there by no step", BY_NO_STEP, "money", "preload acme:9:7\n" ASK, HARNESS_ERROR,
            "which no commit put there"),
        ROW("another customer's", OTHER_CUSTOMER, "money", "preload acme:9:7\n" ASK, HARNESS_ERROR,
            "which no commit put there"),
        ROW("of another dimension", OTHER_DIMENSION, "money", "preload acme:9:7\n" ASK,
            HARNESS_ERROR, "which no commit put there"),
        ROW("a commit of another dimension", NULL, "money",
            ASK "request 1 acme:9:7\n preload acme:9:7\n" BOUGHT("users", "7"), HARNESS_ERROR,
            "bills 7 that ledger.json does not hold"),
        ROW("a commit of another product", NULL, "money",
            ASK "request 1 acme:9:7\n preload acme:9:7\n" COMMIT("gadget", "requests", "7"),
            HARNESS_ERROR, "bills 7 that ledger.json does not hold"),
        ROW("a commit of another quantity", NULL, "money",
            ASK "request 1 acme:9:7\n preload acme:9:7\n" BOUGHT("requests", "6"), HARNESS_ERROR,
            "1 commit(s) of it, the last of 6"),
        {0},
    };
    struct row ended[sizeof ROWS / sizeof ROWS[0]] = {0};
    char tales[sizeof ROWS / sizeof ROWS[0]][2048];
    for (size_t i = 0; ROWS[i].name != NULL; i++) {
        (void)snprintf(tales[i], sizeof tales[i], "%s\nend done", ROWS[i].tale);
        ended[i] = ROWS[i];
        ended[i].tale = tales[i];
    }
    rows_judge(ended, PLAIN);
}

static void moments(void)
{
    static const char SOON[] = EXPECTS(U1, "'verb':'requests','args':{},'within_s':2");
    static const char AT_ONCE[] = EXPECTS(U1, "'verb':'alert','args':{},'within_s':0");
    static const char ANSWER[] =
        EXPECTS(TOKEN, "'verb':'resolve','args':{'t':{'state':['refused']}},'within_s':1");
    static const char ANSWER_AT_ONCE[] =
        EXPECTS(TOKEN, "'verb':'resolve','args':{'t':{'state':['refused']}},'within_s':0");
    static const char PENDING[] =
        EXPECTS(U1 ",{'n':2,'verb':'clock','args':'+5m'}",
                "'verb':'states','args':{'u1':['pending']},'at':'clock +5m'");
    static const char PENDING_FLUSHED[] =
        EXPECTS(U1 ",{'n':2,'verb':'flush'},{'n':3,'verb':'clock','args':'+5m'}",
                "'verb':'states','args':{'u1':['pending']},'at':'clock +5m'");
    static const char PENDING_AT_LAST[] =
        EXPECTS(U1, "'verb':'states','args':{'u1':['pending','metered']}");
    static const struct row ROWS[] = {
        HOLDS("a request in the last moment", SOON, "e",
              ASK "at 1999\n request 1 acme:9:7\n"
                  "end done"),
        FAILS("an alert after no time", AT_ONCE, "e",
              ASK "request 1 acme:9:7\n alert u1\n"
                  "end done",
              "told 0 time(s)"),
        HOLDS("an answer in the last moment", ANSWER, "e",
              "request 9 globex:9:1\n hello\n resolve t\n at 1003\n answer resolve 1 refused\n"
              "end done"),
        FAILS("an answer after no time", ANSWER_AT_ONCE, "e",
              "request 9 globex:9:1\n hello\n resolve t\n answer resolve 1 refused\n end done",
              "answered 1 ms after it was asked, at most 0 s"),
        HOLDS("no word yet", PENDING, "e", ASK "request 1 acme:9:7\n clock 10\n end done"),
        FAILS("a word that is not allowed, though none was owed", PENDING, "e",
              ASK "request 1 acme:9:7\n say u1 metered\n clock 10\n end done", "calls it metered"),
        FAILS("no word, though it was flushed", PENDING_FLUSHED, "e",
              ASK "request 1 acme:9:7\n flush\n done\n clock 10\n end done", "there is no word"),
        HOLDS("no word, as the flush is not done", PENDING_FLUSHED, "e",
              ASK "request 1 acme:9:7\n flush\n clock 10\n end done"),
        HOLDS("no word, as the flush came before it", PENDING_FLUSHED, "e",
              "hello\n flush\n usage u1 acme 7 9\n done\n done 1\n request 1 acme:9:7\n clock 10\n"
              "end done"),
        FAILS("no word at last", PENDING_AT_LAST, "e", ASK "request 1 acme:9:7\n end done",
              "there is no word (at the end), expected pending or metered."),
        {0},
    };
    rows_judge(ROWS, NULL);
}

static void names(void)
{
    static const char SECOND[] =
        EXPECTS("{'n':1,'verb':'clock','args':'+5m'},{'n':2,'verb':'clock','args':'+9m'}",
                "'verb':'requests','args':{'after':'clock +9m','count':{'max':0}}");
    static const char BARE[] =
        EXPECTS("{'n':1,'verb':'flush'},{'n':2,'verb':'round'}",
                "'verb':'requests','args':{'after':'round','count':{'max':0}}");
    static const char NEVER[] = EXPECTS("{'n':1,'verb':'flush'},{'n':9,'verb':'round'}",
                                        "'verb':'requests','args':{'after':'round'}");
    static const struct row ROWS[] = {
        HOLDS("a step by its verb and argument", SECOND, "e",
              "clock 10\n request 1 acme:9:7\n clock 11\n end done"),
        FAILS("after it", SECOND, "e",
              "clock 10\n request 1 acme:9:7\n clock 11\n request 2 acme:9:7\n end done",
              "1 request(s) of this kind"),
        HOLDS("a step by its verb alone", BARE, "e",
              "hello\n flush\n done\n request 1 acme:9:7\n"
              "event step {'n':2,'verb':'round','sends':'flush','step':2,'instance':1}\n done 2\n"
              "end done"),
        ROW("a step that never began", NEVER, "e",
            "hello\n flush\n done\n request 1 acme:9:7\n"
            "end done",
            NOT_EXERCISED, "The step \"round\" was never reached."),
        {0},
    };
    rows_judge(ROWS, NULL);
}

static void ledgers(void)
{
    static const char ONE[] =
        EXPECTS(U12, "'verb':'ledger','args':{'complete':true,'usages':['u1']}");
    static const char BUT_ONE[] =
        EXPECTS(U12, "'verb':'ledger','args':{'complete':true,'except':['u2']}");
    static const char WORDS[] =
        EXPECTS(U12, "'verb':'ledger','args':{'complete':true,'except':{'u1':['pending'],"
                     "'u2':['rejected']}}");
    static const struct row ROWS[] = {
        HOLDS("one of two, the other never asked", ONE, "e",
              ASK "flush\n meter 1 acme:9:7\n" FINISH),
        HOLDS("all but one, which was never asked", BUT_ONE, "e",
              ASK "flush\n meter 1 acme:9:7\n" FINISH),
        FAILS("the second exception has another word", WORDS, "e",
              ASK "usage u2 globex 5 9\n done\n flush\n request 1 acme:9:7\n say u1 pending\n"
                  "say u2 pending\n" FINISH,
              "u2 may stay unbilled only"),
        {0},
    };
    rows_judge(ROWS, NULL);
}

static void wire(void)
{
    static const struct row ROWS[] = {
        FAILS("a request that was cut only in its reply", NULL, "well-formed",
              ASK
              "event request {'x':1,'operation':'BatchMeterUsage','problem':{'where':'','text':"
              "'it is bad.'}}\n event fault {'x':1,'rule':'r','kind':'broken','at':'response'}\n"
              "end done",
              "not well formed: it is bad."),
        FAILS("a signature without a reason", NULL, "signature",
              ASK "event request {'x':1,'operation':'BatchMeterUsage','signature':"
                  "{'valid':false,'scope':true,'token':true}}\n end done",
              "does not match the request."),
        FAILS("a client that is not told to leave, and does not", NULL, "no-crash",
              ASK "exit KILL\n end done", "The client crashed"),
        {0},
    };
    rows_judge(ROWS, PLAIN);
}

// One commit, not of the ledger's making, with a MeteringRecordId or without.
#define COMMITTED(record)                                                                          \
    "request 1 acme:9:7\n event commit {'x':1,'region':'us-east-1','records':[{'i':0,'product':"   \
    "'widget','payer':'customer:acme','customer':'acme','dimension':'requests','hour':"            \
    "'2026-11-18T09:00:00Z','quantity':7,'billed':true,'record':'" record "'}]}\n"                 \
    "reply 1 200 0=Success\n say u1 metered\n" FINISH

// The ledger's entries and the commits of the journal, told apart by their ids where both have one.
static void records(void)
{
    static const struct row ROWS[] = {
        HOLDS("one id in both", NULL, "money",
              "preload acme:9:7#r1\n" ASK "flush\n" COMMITTED("r1")),
        HOLDS("none in the ledger", NULL, "money",
              "preload acme:9:7\n" ASK "flush\n" COMMITTED("r1")),
        HOLDS("none in the commit", NULL, "money",
              "preload acme:9:7#r1\n" ASK "flush\n" COMMITTED("")),
        ROW("another id", NULL, "money", "preload acme:9:7#r2\n" ASK "flush\n" COMMITTED("r1"),
            HARNESS_ERROR, "which no commit put there"),
        FAILS("little was billed before", NULL, "money",
              "preload acme:9:1\n" ASK "flush\n meter 1 license:acme:9:7\n say u1 metered\n" FINISH,
              "asked 7, billed 8: 1 before the case; 7 at line"),
        {0},
    };
    rows_judge(ROWS, SCENARIO("'steps':[],'expect':[],'world':{'ledger':[{'customer':'acme',"
                              "'dimension':'requests','quantity':1}]}," ANY_REQUEST));
}

// The service bills a key again where another instance or another ClientToken asks for it: what was
// billed before the case stays billed.
static void again(void)
{
    static const struct row ROWS[] = {
        FAILS("billed before the case, and again under another id", NULL, "money",
              "preload acme:9:7#r1\n" ASK "flush\n request 1 acme:9:7\n commit 1 acme:9:7+#r2\n"
              "reply 1 200 0=Success\n say u1 metered\n" FINISH,
              "asked 7, billed 14: 7 before the case; 7 at line"),
        {0},
    };
    rows_judge(ROWS, SCENARIO("'steps':[],'expect':[],'world':{'ledger':[{'customer':'acme',"
                              "'dimension':'requests','quantity':7}]}," ANY_REQUEST));
}

// Where nobody kept a ledger there is nothing to hold the journal against, and money is judged by
// the journal alone.
static void no_ledger(void)
{
    struct evidence_case evidence;
    tale_read(&evidence, PLAIN, ASK "flush\n meter 1 acme:9:7\n say u1 metered\n" FINISH);
    cJSON_Delete(evidence.ledger);
    evidence.ledger = NULL;
    struct result_run *run = result_run_new();
    CHECK_INT(judge_case(result_add_case(run), &evidence, NULL), RC_OK);
    CHECK_TEXT(verdict_name(run->cases[0].verdict), "PASS");
    result_run_free(&run);
    tale_clear(&evidence);
}

// What was billed before the case is what no commit of the case put there: of that hour, of that
// account.
static void preloads(void)
{
    static const char COMPLETE[] = EXPECTS(U12, "'verb':'ledger','args':{'complete':true}");
    static const char FIRST[] = EXPECTS(U1, "'verb':'ledger','args':{'complete':true}");
    static const struct row ROWS[] = {
        HOLDS("a commit of another hour", COMPLETE, "e",
              "preload acme:8:3\n" ASK
              "usage u2 acme 3 8\n done\n flush\n meter 1 acme:9:7\n" FINISH),
        HOLDS("two of them", COMPLETE, "e",
              "preload acme:8:3\n preload acme:9:7\n" ASK
              "usage u2 acme 3 8\n done\n request 1 globex:9:1\n" FINISH),
        HOLDS("a commit of another dimension", FIRST, "e",
              "preload acme:9:7\n" ASK "request 1 globex:9:1\n"
              "event commit {'x':1,'region':'us-east-1','records':[{'i':0,'product':'widget',"
              "'payer':'customer:acme','customer':'acme','dimension':'users','hour':"
              "'2026-11-18T09:00:00Z','quantity':9,'billed':true}]}\n" FINISH),
        {0},
    };
    rows_judge(ROWS, NULL);
}

// A request under a licence names no product; the usage does.
static void products(void)
{
    static const struct row ROWS[] = {
        HOLDS("no product in the record",
              EXPECTS(U1, "'verb':'requests','args':{'records':{'usage':"
                          "'u1'},'count':{'min':1,'max':1}}"),
              "e",
              ASK "event request {'x':1,'operation':'BatchMeterUsage','records':[{'i':0,'payer':"
                  "'license:acme','customer':'acme','dimension':'requests','hour':"
                  "'2026-11-18T09:00:00Z','quantity':7}]}\n end done"),
        HOLDS("another product in the record",
              EXPECTS(U1, "'verb':'requests','args':{'records':{'usage':'u1'},'count':{'max':0}}"),
              "e",
              ASK "event request {'x':1,'operation':'BatchMeterUsage','records':[{'i':0,'product':"
                  "'gadget','payer':'customer:acme','customer':'acme','dimension':'requests',"
                  "'hour':'2026-11-18T09:00:00Z','quantity':7}]}\n end done"),
        {0},
    };
    rows_judge(ROWS, NULL);
}

// The line of the journal that is pointed at.
static void lines(void)
{
    static const struct row ROWS[] = {
        {.name = "no word: where it was asked",
         .scenario = EXPECTS(U1, "'verb':'states','args':{'u1':['metered']}"),
         .tale = ASK "request 1 acme:9:7\n end done",
         .verdict = VERDICT_FAIL,
         .says = "there is no word",
         .line = 3},
        {.name = "no request: the end",
         .scenario = EXPECTS(U1, "'verb':'requests','args':{'operation':'ResolveCustomer'}"),
         .tale = ASK "request 1 acme:9:7\n end done",
         .verdict = VERDICT_FAIL,
         .says = "0 request(s)",
         .line = 6},
        {.name = "too few requests: the first",
         .scenario = EXPECTS(U1, "'verb':'requests','args':{'count':{'min':3}}"),
         .tale = ASK "request 1 acme:9:7\n request 2 acme:9:7\n end done",
         .verdict = VERDICT_FAIL,
         .says = "2 request(s)",
         .line = 5},
        {0},
    };
    rows_judge(ROWS, NULL);
}

// What was sent before it was asked is no sending of it.
static void sendings(void)
{
    static const char AGAIN[] = EXPECTS(U1, "'verb':'resubmits','args':{'usages':['u1']}");
    static const struct row ROWS[] = {
        FAILS(
            "once before, once after", AGAIN, "e",
            "hello\n request 1 acme:9:7\n usage u1 acme 7 9\n done\n request 2 acme:9:7\n end done",
            "sent 1 time(s), at least 2 expected"),
        HOLDS("twice after", AGAIN, "e", ASK "request 1 acme:9:7\n request 2 acme:9:7\n end done"),
        {0},
    };
    rows_judge(ROWS, NULL);
}

// What rests on a step that never came, or on a rule that was never delivered.
static void unreached(void)
{
    static const char SHOULD[] =
        EXPECTS(U1 ",{'n':2,'verb':'flush'}",
                "'verb':'requests','level':'should','args':{'after':'flush','count':{'max':0}}");
    static const char DISARMED[] =
        SCENARIO("'steps':[" U1 ",{'n':2,'verb':'disarm','args':'r'}],'expect':[{'id':'e','verb':"
                 "'ledger','at':'disarm r','args':{'complete':true}}],'rules':[{'name':'r'}]");
    static const struct row ROWS[] = {
        ROW("a step that never came, of a duty that is none", SHOULD, "e",
            ASK "request 1 acme:9:7\n end done", NOT_EXERCISED, "was never reached"),
        ROW("billed too much by a moment that a rule makes, which was not delivered", DISARMED, "e",
            ASK "meter 1 acme:9:7\n meter 2 acme:9:7\n disarm r\n end done", NOT_EXERCISED,
            "It is about a rule that was not delivered."),
        {0},
    };
    rows_judge(ROWS, NULL);
}

const struct unit_test EDGES_TESTS[] = {
    {"replies", replies},     {"words", words},
    {"accounts", accounts},   {"moments", moments},
    {"names", names},         {"ledgers", ledgers},
    {"wire", wire},           {"records", records},
    {"again", again},         {"no ledger", no_ledger},
    {"preloads", preloads},   {"products", products},
    {"lines", lines},         {"sendings", sendings},
    {"unreached", unreached}, {NULL, NULL},
};
