package io.jobtrail.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong with a request to do something to many jobs is named, and nothing is done. */
class BadBulkTest {
    @AutoClose
    private static final RunningApi api = RunningApi.start();

    static Stream<Arguments> bad() {
        var id = "'01a20109-be74-7000-9b7e-bcbd8005ded9'";
        return Stream.of(
                bad("{'action':'stop','ids':[" + id + "]}", "INVALID_FIELD", "action", "cancel, retry, delete"),
                bad("{'ids':[" + id + "]}", "INVALID_FIELD", "action", "cancel, retry, delete"),
                bad("{'action':'cancel'}", "INVALID_FIELD", "ids", "or filter"),
                bad(
                        "{'action':'cancel','ids':[" + id + "],'filter':{'queue':'slow'}}",
                        "INVALID_FIELD",
                        "ids",
                        "not both"),
                bad("{'action':'cancel','ids':[]}", "INVALID_FIELD", "ids", "1 to 1000"),
                bad("{'action':'cancel','ids':" + id + "}", "INVALID_FIELD", "ids", "array"),
                bad("{'action':'cancel','ids':{'a':" + id + "}}", "INVALID_FIELD", "ids", "array"),
                bad("{'action':'cancel','ids':[" + id + ",'x']}", "INVALID_ID", "ids[1]", "0190e2a4"),
                bad("{'action':'cancel','ids':[7]}", "INVALID_ID", "ids[0]", "0190e2a4"),
                bad("{'action':'cancel','ids':[null]}", "INVALID_ID", "ids[0]", "0190e2a4"),
                bad("{'action':'cancel','ids':[[" + id + "]]}", "INVALID_ID", "ids[0]", "0190e2a4"),
                bad("{'action':'cancel','ids':[" + id + "],'limit':5}", "INVALID_FIELD", "limit", "filter"),
                bad("{'action':'cancel','ids':[" + id + "],'cursor':'x'}", "INVALID_FIELD", "cursor", "filter"),
                bad("{'action':'cancel','ids':[" + id + "],'reason':''}", "INVALID_FIELD", "reason", "1 to 500"),
                bad("{'action':'cancel','ids':[" + id + "],'all':true}", "UNKNOWN_FIELD", "all", "filter, ids"),
                bad("{'action':'cancel','filter':{}}", "INVALID_FIELD", "filter", "error_code, handler, queue"),
                bad("{'action':'cancel','filter':{'queue':null}}", "INVALID_FIELD", "filter", "at least one"),
                bad("{'action':'cancel','filter':'all'}", "INVALID_FIELD", "filter", "object"),
                bad("{'action':'cancel','filter':{'q':'x'}}", "UNKNOWN_FIELD", "filter.q", "error_code, handler"),
                bad(
                        "{'action':'cancel','filter':{'queue':'fast'}}",
                        "UNKNOWN_QUEUE",
                        "filter.queue",
                        "urgent, default"),
                bad("{'action':'cancel','filter':{'realm':7}}", "INVALID_FIELD", "filter.realm", "text"),
                bad("{'action':'cancel','filter':{'realm':'a\\u0000'}}", "INVALID_FIELD", "filter.realm", "NUL"),
                bad(
                        "{'action':'cancel','filter':{'status':'finished'}}",
                        "INVALID_FIELD",
                        "filter.status",
                        "queued, running, retrying, awaiting_input"),
                bad(
                        "{'action':'retry','filter':{'status':'queued'}}",
                        "INVALID_FIELD",
                        "filter.status",
                        "failed, cancelled"),
                bad(
                        "{'action':'delete','filter':{'status':'done'}}",
                        "INVALID_FIELD",
                        "filter.status",
                        "finished, failed"),
                bad("{'action':'delete','filter':{'queue':'slow'},'limit':0}", "INVALID_FIELD", "limit", "1 to 1000"),
                bad(
                        "{'action':'delete','filter':{'queue':'slow'},'limit':1001}",
                        "INVALID_FIELD",
                        "limit",
                        "1 to 1000"),
                bad(
                        "{'action':'delete','filter':{'queue':'slow'},'cursor':'x'}",
                        "INVALID_FIELD",
                        "cursor",
                        "page before"),
                bad("{'action':'delete','filter':{'queue':'slow'}", "MALFORMED_JSON", "body", "line 1"),
                bad("[]", "MALFORMED_JSON", "body", "object"));
    }

    private static Arguments bad(String json, String code, String field, String words) {
        return Arguments.of(json, code, field, words);
    }

    @ParameterizedTest
    @MethodSource("bad")
    void badRequestIsRefusedByNameAndChangesNothing(String json, String code, String field, String words) {
        var before = api.database.ask("SELECT count(*) FROM pipeline_job_events");
        var body = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        api.send("POST", "/pipeline/jobs/bulk", body, "Content-Type", "application/json")
                .isProblem(400, code, field)
                .says(words);
        assertThat(api.database.ask("SELECT count(*) FROM pipeline_job_events")).isEqualTo(before);
    }
}
