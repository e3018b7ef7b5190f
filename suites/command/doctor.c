// SPDX-License-Identifier: Apache-2.0
// doctor: one friendly exchange, read from its evidence, told as a list of what is well and the
// first thing that is not, with what to do about it.
#include <stdio.h>
#include <string.h>

#include "mp_doctor_file.h"
#include "mp_doctor_page_file.h"
#include "mp_doctor_register_file.h"
#include "proxy/base/alloc.h"
#include "proxy/base/own.h"
#include "proxy/evidence/reader.h"
#include "suites/command/run.h"

const struct option_row DOCTOR_OPTIONS[] = {RUN_OPTION_ROWS, {NULL, NULL, NULL}};

// What one exchange showed.
struct examination {
    const struct evidence_case *evidence;
    struct probe *probe;
    bool is_exec; // no hello and no words: only the wire is looked at
    // A program that runs already: where it must send its requests; NULL otherwise.
    const char *endpoint;
    bool is_page;   // it is only visited at its registration page
    bool registers; // it registers its use, and meters nothing
    struct buf out;
};

static void well(struct examination *e, const char *format, const char *detail)
{
    buf_add_text(&e->out, "  ok    ");
    buf_addf(&e->out, "%s%s\n", format, detail);
}

static void trouble(struct examination *e, const char *what, const char *detail, const char *remedy)
{
    e->probe->has_trouble = true;
    buf_addf(&e->out, "  PROBLEM  %s%s\n           %s\n", what, detail, remedy);
}

static const struct event *first(const struct examination *e, enum event_kind kind, const char *key,
                                 const char *value)
{
    for (size_t i = 0; i < e->evidence->count; i++) {
        const struct event *event = &e->evidence->events[i];
        if (event->kind == kind &&
            (key == NULL || span_is(json_span(json_get(event->json, key)), value))) {
            return event;
        }
    }
    return NULL;
}

static void add_lines(struct examination *e, struct span rest)
{
    while (rest.at != NULL && rest.len > 0) {
        struct span row = span_cut(&rest, '\n');
        buf_addf(&e->out, "             %.*s\n", (int)row.len, row.at);
    }
}

// The last lines of what the client printed, indented: the reason is mostly there.
static void add_tail(struct examination *e, const char *file)
{
    OWN_BUF struct buf path = {0};
    OWN_BUF struct buf text = {0};
    buf_addf(&path, "%s/%s%c", e->evidence->dir, file, '\0');
    if (file_read(&text, path.data, NULL) != RC_OK || text.len == 0) {
        return;
    }
    size_t from = text.len > 800 ? text.len - 800 : 0;
    buf_addf(&e->out, "           the end of its %s:\n", file);
    add_lines(e, span_slice(buf_span(&text), from, text.len));
}

static bool examine_hello(struct examination *e)
{
    const struct event *hello = first(e, EVENT_CLIENT, "what", "hello");
    const struct event *end = first(e, EVENT_END, NULL, NULL);
    const struct event *broken = first(e, EVENT_CLIENT, "what", "malformed");
    if (hello == NULL) {
        const char *text = end == NULL ? NULL : json_get_text(end->json, "text");
        trouble(e, "the program did not say hello: ", text == NULL ? "the run was cut" : text,
                e->endpoint != NULL
                    ? "Start it before meterprover, and let its trigger answer the line "
                      "{\"hello\":1,…} with\n           "
                      "{\"mp\":\"hello\",\"contract\":1,\"supports\":[…]}."
                    : "It must print {\"mp\":\"hello\",\"contract\":1,\"supports\":[…]} as a line "
                      "of stdout, and flush it.");
        if (broken != NULL) {
            buf_addf(&e->out, "           %s\n", json_get_text(broken->json, "expected"));
        }
        add_tail(e, "client.err");
        add_tail(e, "client.out");
        return false;
    }
    const cJSON *supports = json_get(hello->json, "supports");
    OWN_BUF struct buf words = {0};
    json_print(&words, supports);
    buf_add_char(&words, '\0');
    e->probe->said_hello = true;
    e->probe->supports_clock = json_array_has(supports, "clock");
    e->probe->supports_usage = json_array_has(supports, e->registers ? "register" : "usage");
    well(e, "the program said hello; it supports ", words.data);
    return true;
}

static bool examine_bypass(struct examination *e)
{
    const struct event *leak = first(e, EVENT_LEAK, "what", "endpoint");
    if (leak == NULL) {
        return true;
    }
    trouble(e, "the program called the real service (", json_get_text(leak->json, "name"),
            "and was held back. It must use the endpoint of AWS_ENDPOINT_URL_MARKETPLACE_METERING: "
            "remove a fixed\n           endpoint or region from its code, or update its SDK.");
    return false;
}

static bool examine_arrival(struct examination *e)
{
    const struct event *request = first(e, EVENT_REQUEST, NULL, NULL);
    if (request != NULL) {
        e->probe->was_reached = true;
        well(e, "a request arrived: ", json_get_text(request->json, "operation"));
        return true;
    }
    if (!examine_bypass(e)) {
        return false;
    }
    const struct event *end = first(e, EVENT_END, NULL, NULL);
    if (e->endpoint != NULL) {
        OWN_BUF struct buf text = {0};
        buf_addf(&text, "%s%c", e->endpoint, '\0');
        trouble(e, "no request arrived at http://", text.data,
                "The program answers, but does not call this endpoint: was it started with "
                "AWS_ENDPOINT_URL_MARKETPLACE_METERING?\n           boto3 reads it from 1.28, "
                "JavaScript v3 from 3.451, Java v2 from 2.28, Go v2 from 2023-11; older ones\n"
                "           and Soto take an endpoint in code.");
        return false;
    }
    trouble(e, "no request arrived; ", end == NULL ? "" : json_get_text(end->json, "text"),
            "Does the SDK read AWS_ENDPOINT_URL_MARKETPLACE_METERING? boto3 from 1.28, JavaScript "
            "v3 from\n"
            "           3.451, Java v2 from 2.28, Go v2 from 2023-11; older ones and Soto take an "
            "endpoint in "
            "code:\n           give them METERPROVER_ENDPOINT. Is something fixed in code "
            "(endpoint, proxy)?");
    add_tail(e, "client.err");
    return false;
}

static bool examine_request(struct examination *e)
{
    const struct event *request = first(e, EVENT_REQUEST, NULL, NULL);
    if (request == NULL) {
        return false;
    }
    const cJSON *problem = json_get(request->json, "problem");
    const cJSON *signature = json_get(request->json, "signature");
    const char *error = json_get_text(signature, "error");
    if (problem != NULL) {
        OWN_BUF struct buf text = {0};
        buf_addf(&text, "%s: %s%c", json_get_text(problem, "where"), json_get_text(problem, "text"),
                 '\0');
        trouble(e, "the request is not what the service takes: ", text.data,
                "The journal shows it whole: meterprover show.");
        return false;
    }
    if (error != NULL && error[0] != '\0') {
        trouble(
            e, "the signature is refused: ", json_get_text(signature, "text"),
            "The keys of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be used, for the service "
            "aws-marketplace\n           and the region of AWS_REGION. Does a profile or a fixed "
            "key "
            "come first in the program?");
        add_lines(e, json_span(json_get(signature, "expected")));
        return false;
    }
    well(e, "its signature is valid", "");
    return true;
}

// What the service and the program are to say of what was asked: a usage, or a registration.
struct outcome_texts {
    const char *state, *accepted;
    const char *refused; // what to do when the service does not take it
    const char *unsaid, *answer;
};

static void examine_outcome(struct examination *e)
{
    static const struct outcome_texts TEXTS[] = {
        {.state = "metered",
         .accepted = "the usage was billed",
         .refused =
             "Does the program use the product code, dimension and customer that it was given?",
         .unsaid = "the program never called it metered",
         .answer = "After the service's reply it must print "
                   "{\"mp\":\"usage\",\"id\":\"u1\",\"state\":\"metered\"}."},
        {.state = "registered",
         .accepted = "the use was registered",
         .refused = "Does the program use the product code and the version of the public key that "
                    "it was given?",
         .unsaid = "the program never said that it serves",
         .answer = "After the service's reply it must print "
                   "{\"mp\":\"register\",\"step\":N,\"state\":\"registered\"}."},
    };
    const struct outcome_texts *texts = &TEXTS[e->registers ? 1 : 0];
    const struct event *response = first(e, EVENT_RESPONSE, NULL, NULL);
    if (first(e, EVENT_COMMIT, NULL, NULL) == NULL) {
        trouble(e, "the service refused it: ",
                response == NULL ? "" : json_get_text(response->json, "error"), texts->refused);
        return;
    }
    well(e, texts->accepted, "");
    if (e->is_exec) {
        return;
    }
    if (first(e, EVENT_ANSWER, "state", texts->state) == NULL) {
        trouble(e, texts->unsaid, "", texts->answer);
        return;
    }
    well(e, "and the program says so", "");
}

// A program that is only visited at its registration page.
static void examine_page(struct examination *e)
{
    const struct event *gone = first(e, EVENT_EXIT, NULL, NULL);
    const struct event *answer = first(e, EVENT_ANSWER, "mp", "page");
    if (gone != NULL && json_is_true(json_get(gone->json, "unreachable"))) {
        trouble(e, "the program ", json_get_text(gone->json, "text"),
                "Start it before meterprover.");
        return;
    }
    if (!examine_arrival(e) || !examine_request(e)) {
        return;
    }
    int64_t status = answer == NULL ? 0 : json_get_int(answer->json, "status", 0);
    if (status >= 200 && status < 400) {
        well(e, "the page welcomed the buyer", "");
    } else {
        trouble(e, "the page did not welcome the buyer", "",
                "The token was a good one: does the page take the form field "
                "x-amzn-marketplace-token of a POST?");
    }
}

static void examine(struct examination *e)
{
    if (e->is_page) {
        examine_page(e);
        return;
    }
    if (!e->is_exec && !examine_hello(e)) {
        return;
    }
    if (!e->is_exec && !e->probe->supports_usage) {
        well(e, "only the other cases can be played; it does not support ",
             e->registers ? "\"register\"" : "\"usage\"");
        return;
    }
    if (examine_arrival(e) && examine_request(e)) {
        examine_outcome(e);
    }
}

// Nothing but the registration page is known of a program that runs already.
static bool is_page_only(const struct run *run)
{
    const struct attachment *a = run->setting.attachment;
    return a != NULL && a->ways.trigger == NULL && a->ways.trigger_url == NULL &&
           a->ways.registration_url != NULL;
}

static enum rc read_probe(const struct run *run, const char *dir, struct probe *probe,
                          struct diag *d)
{
    const struct attachment *attachment = run->setting.attachment;
    struct evidence_run *evidence = NULL;
    enum rc rc = evidence_read(&evidence, dir, d);
    if (rc != RC_OK) {
        return rc;
    }
    struct examination e = {.evidence = &evidence->cases[0],
                            .probe = probe,
                            .is_exec = run->setting.is_exec,
                            .is_page = is_page_only(run),
                            .registers = scenario_registers(run->setting.profile),
                            .endpoint = attachment == NULL ? NULL : attachment->listen};
    examine(&e);
    buf_add_char(&e.out, '\0');
    (void)snprintf(probe->text, sizeof probe->text, "%s", e.out.data);
    buf_clear(&e.out);
    evidence_free(&evidence);
    return RC_OK;
}

static enum rc play_probe(struct run *run, const char *dir, bool told, struct probe *probe,
                          struct diag *d)
{
    struct scenario_file *file = NULL;
    struct campaign_progress silent = {.arg = NULL};
    *probe = (struct probe){.has_trouble = false};
    run->setting.told_time = told;
    run->setting.is_probe = true;
    struct span text = span_of(is_page_only(run)                          ? DOCTOR_PAGE_FILE
                               : scenario_registers(run->setting.profile) ? DOCTOR_REGISTER_FILE
                                                                          : DOCTOR_FILE);
    enum rc rc = scenario_read(&file, text, "doctor.json", NULL, d);
    if (rc != RC_OK) {
        return rc;
    }
    const struct scenario *cases[] = {scenario_at(file, 0)};
    OWN_BUF struct buf path = {0};
    buf_addf(&path, "%s-%s%c", dir, told ? "told" : "real", '\0');
    rc = run_cases(run, path.data, cases, 1, 1, &silent, d);
    run->setting.is_probe = false;
    if (rc == RC_OK) {
        rc = read_probe(run, path.data, probe, d);
    }
    scenario_file_free(&file);
    return rc;
}

enum rc run_probe(struct run *run, const char *dir, struct probe *probe, struct diag *d)
{
    if (run->setting.is_exec || is_page_only(run)) {
        return play_probe(run, dir, false, probe, d);
    }
    // Told time is tried first; a client without `clock` lives in real time.
    enum rc rc = play_probe(run, dir, true, probe, d);
    if (rc == RC_OK && probe->said_hello && !probe->supports_clock) {
        rc = play_probe(run, dir, false, probe, d);
    }
    return rc;
}

int doctor_command(const struct line *line)
{
    struct run run;
    struct probe probe = {.has_trouble = false};
    struct diag d = {0};
    enum rc rc = run_init(&run, line, &d);
    OWN_BUF struct buf dir = {0};
    if (rc == RC_OK) {
        run_tell_environment(&run);
        buf_addf(&dir, "%s/doctor%c", run.scratch, '\0');
        rc = run_probe(&run, dir.data, &probe, &d);
    }
    int code = rc == RC_OK ? EXIT_PASSED : line_fail(line, &d);
    if (rc == RC_OK) {
        printf("%s", probe.text);
        printf("%s\n", probe.has_trouble ? "The program cannot be tested yet."
                                         : "The program is ready: meterprover test -- COMMAND");
        code = probe.has_trouble ? EXIT_FAILED : EXIT_PASSED;
    }
    run_clear(&run);
    return code;
}
