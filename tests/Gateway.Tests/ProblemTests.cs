using System.Net.Http.Headers;
using System.Text;

namespace WhatsApp.Gateway.Tests;

public sealed class ProblemTests(TestGateway gateway) : IClassFixture<TestGateway>
{
    [Fact]
    public async Task An_unknown_instance_is_a_404_everywhere()
    {
        (await gateway.GetAsync("/instances/none")).IsProblem(404, "instance-not-found");
        (await gateway.GetAsync("/instances/none/status")).IsProblem(404, "instance-not-found");
        (await gateway.GetAsync("/instances/none/qr")).IsProblem(404, "instance-not-found");
        (await gateway.PostAsync("/instances/none/restart")).IsProblem(404, "instance-not-found");
        (await gateway.PostAsync("/instances/none/sendMessage", new { to = "5511900000002", message = "x" })).IsProblem(404, "instance-not-found");
        (await gateway.DeleteAsync("/instances/none")).IsProblem(404, "instance-not-found");
    }

    [Fact]
    public async Task A_problem_says_where_it_happened_and_what_it_is()
    {
        var problem = (await gateway.GetAsync("/v1/instances/none/status")).IsProblem(404, "instance-not-found");
        Assert.Equal("https://wa.example.com/problems/instance-not-found", problem["type"]);
        Assert.Equal("/v1/instances/none/status", problem["instance"]);
        Assert.False(problem.Json.GetProperty("retryable").GetBoolean());
    }

    [Theory, InlineData("-a"), InlineData("a%20b"), InlineData("a%2Fb"), InlineData("%C3%A9"), InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task An_invalid_id_in_the_path_is_refused(string id)
    {
        (await gateway.GetAsync($"/instances/{id}/status")).IsProblem(422, "validation-failed", "/instanceId");
        (await gateway.DeleteAsync($"/instances/{id}")).IsProblem(422, "validation-failed", "/instanceId");
    }

    [Theory]
    [InlineData("", 400), InlineData("{", 400), InlineData("{\"a\":1,}", 400), InlineData("nonsense", 400), InlineData("{'a':1}", 400)]
    [InlineData("{\"instanceId\":\"\\ud800\"}", 400), InlineData("{\"a\":[\"\\uDFFF\"]}", 400), InlineData("{\"\\ud800\":1}", 400)]
    [InlineData("[]", 422), InlineData("\"text\"", 422), InlineData("null", 422), InlineData("7", 422)]
    public async Task A_body_that_is_no_json_object_is_refused(string body, int status)
    {
        var (id, _, _) = await gateway.CreateAsync();
        (await gateway.PostAsync($"/instances/{id}/sendMessage", body)).IsProblem(status, status == 400 ? "malformed-json" : "validation-failed");
    }

    [Fact]
    public async Task Bytes_that_are_not_utf8_are_refused()
    {
        using var body = new ByteArrayContent([.. "{\"message\":\""u8, 0xC3, 0x28, .. "\"}"u8]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        (await gateway.PostAsync("/instances", body)).IsProblem(400, "malformed-json");
    }

    [Fact]
    public async Task A_body_nested_without_end_is_refused() =>
        (await gateway.PostAsync("/instances", "{\"a\":" + new string('[', 5000) + new string(']', 5000) + "}")).IsProblem(400, "malformed-json");

    [Fact]
    public async Task Another_kind_of_body_is_refused()
    {
        using var form = new StringContent("to=1", Encoding.UTF8, "application/x-www-form-urlencoded");
        (await gateway.PostAsync("/instances", form)).IsProblem(415, "unsupported-media-type");
    }

    [Fact]
    public async Task Wrong_types_and_missing_fields_are_told_all_at_once()
    {
        var (id, _, _) = await gateway.CreateAsync();
        var problem = (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = 5511900000002, queue = "yes", clientRef = new string('r', 129), messageId = "lower" }))
            .IsProblem(422, "validation-failed", "/to");
        var errors = problem.Json.GetProperty("errors").EnumerateArray().ToDictionary(error => error.GetProperty("pointer").GetString()!, error => error.GetProperty("code").GetString());
        Assert.Equal(
            new Dictionary<string, string?> { ["/to"] = "invalid-type", ["/message"] = "required", ["/queue"] = "invalid-type", ["/clientRef"] = "too-long", ["/messageId"] = "invalid-format" },
            errors);
        (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "" })).IsProblem(422, "validation-failed", "/message");
        (await gateway.PostAsync($"/instances/{id}/sendMessage", new { message = "x" })).IsProblem(422, "validation-failed", "/to");
    }

    [Theory]
    [InlineData("55119abc00002"), InlineData("1234567"), InlineData("1234567890123456"), InlineData("x@s.whatsapp.net"), InlineData("5511900000002@example.com")]
    [InlineData("٥٥١١٩٠٠٠٠٠٠٠٢"), InlineData("x@g.us"), InlineData("1-@g.us"), InlineData("@"), InlineData("+"), InlineData("abc@lid"), InlineData("5511900000002@")]
    public async Task A_recipient_that_is_no_number_is_refused(string to)
    {
        var (id, _, _) = await gateway.CreateAsync(open: true);
        (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to, message = "x" })).IsProblem(422, "invalid-recipient", "/to");
    }

    [Fact]
    public async Task A_megabyte_of_text_is_too_long_and_more_is_too_large()
    {
        var (id, _, _) = await gateway.CreateAsync(open: true);
        (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = new string('x', 1024 * 1024) })).IsProblem(422, "validation-failed", "/message");
        // The server refuses without reading: a client that does not ask first may see its socket close while it still writes.
        (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = new string('x', 3 * 1024 * 1024) }, ("Expect", "100-continue"))).IsProblem(413, "body-too-large");
        Assert.Equal(200, (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = new string('ç', 65_536) })).Status);
        (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = new string('x', 65_537) })).IsProblem(422, "validation-failed", "/message");
    }

    [Fact]
    public async Task Unknown_routes_and_methods_are_told_apart()
    {
        (await gateway.GetAsync("/no/such/route")).IsProblem(404, "not-found");
        (await gateway.GetAsync("/instances/a/b/c/d")).IsProblem(404, "not-found");
        (await gateway.PostAsync("/instances/a/status", new { })).IsProblem(405, "method-not-allowed");
        (await gateway.SendAsync(HttpMethod.Put, "/instances", new { })).IsProblem(405, "method-not-allowed");
    }

    [Theory]
    [InlineData("/instances?limit=0", "/limit"), InlineData("/instances?limit=201", "/limit"), InlineData("/instances?limit=many", "/limit"), InlineData("/instances?limit=1&limit=2", "/limit")]
    [InlineData("/instances?status=asleep", "/status"), InlineData("/instances/a/qr?format=gif", "/format"), InlineData("/instances/a/qr?wait=31", "/wait")]
    [InlineData("/instances/a/qr?size=5000", "/size"), InlineData("/instances/a/qr?margin=-1", "/margin"), InlineData("/instances/a/qr?dark=blue", "/dark")]
    public async Task Query_parameters_that_cannot_be_used_are_refused(string path, string pointer) => (await gateway.GetAsync(path)).IsProblem(422, "validation-failed", pointer);

    [Fact]
    public async Task A_delete_with_a_riddle_for_a_flag_deletes_nothing()
    {
        var (id, _, _) = await gateway.CreateAsync();
        (await gateway.DeleteAsync($"/instances/{id}?logout=maybe")).IsProblem(422, "validation-failed", "/logout");
        Assert.Equal(200, (await gateway.GetAsync($"/instances/{id}/status")).Status);
    }
}
