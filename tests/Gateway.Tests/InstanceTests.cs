using System.Text.Json;
using WhatsApp.Grains.Tests.Scripted;

namespace WhatsApp.Gateway.Tests;

public sealed class InstanceTests(TestGateway gateway) : IClassFixture<TestGateway>
{
    private static string NewId(string name = "i") => $"{name}-{Guid.NewGuid():N}";

    [Fact]
    public async Task Create_answers_at_once_with_token_and_links()
    {
        var id = NewId();
        var started = TimeProvider.System.GetTimestamp();
        var answer = await gateway.PostAsync("/instances", new { instanceId = id, webhook = "https://example.com/events", metadata = new { customerId = "42" }, unknownField = 1 });
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
        Assert.Equal(201, answer.Status);
        Assert.Equal($"/instances/{id}", answer.Headers.Location!.ToString());
        Assert.Equal(("True", id, "connecting", "https://example.com/events"), (answer["success"], answer["instanceId"], answer["status"], answer["webhook"]));
        Assert.StartsWith("wa_", answer["token"], StringComparison.Ordinal);
        Assert.Equal($"/instances/{id}/qr", answer.Json.GetProperty("links").GetProperty("qr").GetString());
        Assert.True(answer.Json.GetProperty("createdAt").GetDateTimeOffset() > DateTimeOffset.UnixEpoch.AddYears(50));

        var found = await gateway.GetAsync($"/v1/instances/{id}");
        Assert.Equal("42", found.Json.GetProperty("metadata").GetProperty("customerId").GetString());
    }

    [Fact]
    public async Task Create_is_safe_to_repeat()
    {
        var body = new { instanceId = NewId(), webhook = "https://example.com/events", metadata = new { a = "1" } };
        Assert.Equal(201, (await gateway.PostAsync("/instances", body)).Status);
        var again = await gateway.PostAsync("/instances", body);
        Assert.Equal((200, null), (again.Status, again["token"]));
        (await gateway.PostAsync("/instances", new { body.instanceId, webhook = "https://example.com/other" })).IsProblem(409, "instance-already-exists");
    }

    [Fact]
    public async Task An_id_is_made_when_none_is_given()
    {
        foreach (var body in new object?[] { null, new { }, new { instanceId = (string?)null } })
        {
            var answer = await gateway.PostAsync("/instances", body);
            Assert.Equal(201, answer.Status);
            Assert.Matches("^[0-9A-HJKMNP-TV-Z]{26}$", answer["instanceId"]);
        }
    }

    [Fact]
    public async Task Webhooks_come_as_text_object_or_list_and_never_show_their_secrets()
    {
        const string secret = "very-secret-webhook-key";
        var full = new { url = "https://example.com/a", events = new[] { "message.*" }, headers = new { Authorization = "Bearer hidden" }, secret, enabled = true, retries = new { policy = "linear", maxAttempts = 5, initialDelaySeconds = 3, maxDelaySeconds = 60 } };
        var id = NewId();
        var answer = await gateway.PostAsync("/instances", new { instanceId = id, webhook = full });
        foreach (var shown in new[] { answer, await gateway.GetAsync($"/instances/{id}"), await gateway.GetAsync($"/instances?q={id}") })
        {
            Assert.DoesNotContain(secret, shown.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("hidden", shown.Text, StringComparison.Ordinal);
            Assert.Contains("\"hasSecret\":true", shown.Text, StringComparison.Ordinal);
        }
        var endpoint = answer.Json.GetProperty("webhook")[0];
        Assert.Equal(("w1", "https://example.com/a", "message.*", "Authorization"),
            (endpoint.GetProperty("id").GetString(), endpoint.GetProperty("url").GetString(), endpoint.GetProperty("events")[0].GetString(), endpoint.GetProperty("headers")[0].GetString()));
        Assert.Equal("linear", endpoint.GetProperty("retries").GetProperty("policy").GetString());

        var list = await gateway.PostAsync("/instances", new { instanceId = NewId(), webhook = new object[] { "https://example.com/a", new { url = "https://example.com/b" } } });
        Assert.Equal(["w1", "w2"], list.Json.GetProperty("webhook").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        Assert.Equal(JsonValueKind.Null, (await gateway.PostAsync("/instances", new { instanceId = NewId() })).Json.GetProperty("webhook").ValueKind);
    }

    [Theory]
    [InlineData("""{"instanceId":"-bad"}""", "/instanceId"), InlineData("""{"instanceId":"a b"}""", "/instanceId"), InlineData("""{"instanceId":7}""", "/instanceId")]
    [InlineData("""{"webhook":7}""", "/webhook"), InlineData("""{"webhook":"ftp://example.com"}""", "/webhook"), InlineData("""{"webhook":"/relative"}""", "/webhook")]
    [InlineData("""{"webhook":"http://user:pw@example.com/"}""", "/webhook"), InlineData("""{"webhook":{}}""", "/webhook/url"), InlineData("""{"webhook":{"url":"x"}}""", "/webhook/url")]
    [InlineData("""{"webhook":{"url":"https://example.com","secret":"short"}}""", "/webhook/secret"), InlineData("""{"webhook":[7]}""", "/webhook/0")]
    [InlineData("""{"webhook":["https://example.com",{"url":"https://example.com","events":"*"}]}""", "/webhook/1/events")]
    [InlineData("""{"webhook":{"url":"https://example.com","headers":{"a b":"x"}}}""", "/webhook/headers/a b"), InlineData("""{"webhook":{"url":"https://example.com","headers":{"a":"x\ny"}}}""", "/webhook/headers/a")]
    [InlineData("""{"webhook":{"url":"https://example.com","headers":{"a/b~c":7}}}""", "/webhook/headers/a~1b~0c")]
    [InlineData("""{"webhook":{"url":"https://example.com","retries":{"policy":"never"}}}""", "/webhook/retries/policy")]
    [InlineData("""{"webhook":{"url":"https://example.com","retries":{"initialDelaySeconds":0}}}""", "/webhook/retries/initialDelaySeconds")]
    [InlineData("""{"metadata":{"a":1}}""", "/metadata/a"), InlineData("""{"metadata":[]}""", "/metadata"), InlineData("""{"connect":"yes"}""", "/connect")]
    [InlineData("""{"settings":{"deviceName":7}}""", "/settings/deviceName"), InlineData("""{"network":"moon"}""", "/network")]
    public async Task Create_refuses_what_it_cannot_use(string body, string pointer) => (await gateway.PostAsync("/instances", body)).IsProblem(422, "validation-failed", pointer);

    [Fact]
    public async Task Metadata_has_at_most_twenty_keys() =>
        (await gateway.PostAsync("/instances", new { metadata = Enumerable.Range(0, 21).ToDictionary(i => $"k{i}", _ => "v") })).IsProblem(422, "validation-failed", "/metadata");

    [Fact]
    public async Task The_list_pages_filters_and_counts()
    {
        var group = NewId("list");
        for (var i = 0; i < 5; i++)
            Assert.Equal(201, (await gateway.PostAsync("/instances", new { instanceId = $"{group}-{i}", connect = false, metadata = new { group, even = $"{i % 2 == 0}" } })).Status);

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await gateway.GetAsync($"/instances?limit=2&metadata.group={group}" + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}"));
            Assert.Equal(5, page.Json.GetProperty("total").GetInt32());
            seen.AddRange(page.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("instanceId").GetString()!));
            cursor = page["nextCursor"];
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"{group}-{i}"), seen);

        Assert.Equal(3, await CountAsync($"metadata.group={group}&metadata.even=True"));
        Assert.Equal(5, await CountAsync($"q={group}"));
        Assert.Equal(5, await CountAsync($"q={group}&status=created"));
        Assert.Equal(0, await CountAsync($"q={group}&status=open"));

        async Task<int> CountAsync(string query) => (await gateway.GetAsync("/instances?" + query)).Json.GetProperty("items").GetArrayLength();
    }

    [Fact]
    public async Task An_instance_shows_its_account_and_its_backlog()
    {
        var (id, _, _) = await gateway.CreateAsync(open: true, webhook: $"http://127.0.0.1:{Receiver.FreePort()}/");
        var instance = (await gateway.GetAsync($"/instances/{id}")).Json;
        Assert.Equal(("open", "5511900000001", "5511900000001@s.whatsapp.net", "900000000000001@lid", "Ana"),
            (instance.GetProperty("status").GetString(), instance.GetProperty("phoneNumber").GetString(), instance.GetProperty("jid").GetString(), instance.GetProperty("lid").GetString(), instance.GetProperty("pushName").GetString()));
        Assert.Equal(1, instance.GetProperty("health").GetProperty("webhookBacklog").GetInt32());
        foreach (var member in new[] { "profilePicUrl", "webhook", "metadata", "node", "connectedAt", "lastSeenAt", "lastDisconnect", "createdAt", "settings" })
            Assert.True(instance.TryGetProperty(member, out _), member);
    }

    [Fact]
    public async Task Status_tells_a_proven_connection_from_a_remembered_one()
    {
        var (id, device, _) = await gateway.CreateAsync();
        var status = await gateway.GetAsync($"/instances/{id}/status");
        Assert.Equal(("connecting", "False", null, "0"), (status["status"], status["connected"], status["phoneNumber"], status["uptimeSeconds"]));
        await device.OpenAsync();
        status = await gateway.GetAsync($"/instances/{id}/status");
        Assert.Equal(("open", "True", "5511900000001", "Ana"), (status["status"], status["connected"], status["phoneNumber"], status["pushName"]));
        Assert.NotNull(status["verifiedAt"]);
        await device.CloseAsync("connection_replaced");
        status = await gateway.GetAsync($"/instances/{id}/status");
        Assert.Equal(("closed", "False"), (status["status"], status["connected"]));
        Assert.Equal("connection_replaced", status.Json.GetProperty("lastDisconnect").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Restart_is_accepted_and_reaches_the_device()
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        var answer = await gateway.PostAsync($"/instances/{id}/restart");
        Assert.Equal((202, "reconnecting"), (answer.Status, answer["status"]));
        Assert.Equal(1, device.Restarts);
    }

    [Fact]
    public async Task Delete_unlinks_once_and_then_there_is_nothing()
    {
        var (id, device, token) = await gateway.CreateAsync(open: true);
        var answer = await gateway.DeleteAsync($"/instances/{id}");
        Assert.Equal((200, "True", id), (answer.Status, answer["loggedOut"], answer["instanceId"]));
        Assert.Equal(1, device.Logouts);
        (await gateway.DeleteAsync($"/instances/{id}")).IsProblem(404, "instance-not-found");
        (await gateway.GetAsync($"/instances/{id}")).IsProblem(404, "instance-not-found");
        Assert.NotEqual(200, (await gateway.SendAsync(HttpMethod.Get, $"/instances/{id}/status", key: token)).Status);

        var (kept, other, _) = await gateway.CreateAsync(open: true);
        Assert.Equal("False", (await gateway.DeleteAsync($"/instances/{kept}?logout=false"))["loggedOut"]);
        Assert.Equal(0, other.Logouts);
    }

    [Fact]
    public async Task Events_reach_the_webhook_with_metadata_and_signature()
    {
        await using var receiver = await Receiver.StartAsync();
        var id = NewId();
        await gateway.PostAsync("/instances", new { instanceId = id, metadata = new { customerId = "42" }, webhook = new { url = receiver.Url, secret = "0123456789abcdef", headers = new { X_Team = "blue" } } });
        var device = await gateway.Devices.DeviceAsync(id);
        await device.OpenAsync();
        var got = (await receiver.WaitAsync(1))[0];
        Assert.Equal(("connection.open", 1L, "blue"), (got.Event, got.Sequence, got.Headers["X_Team"]));
        Assert.Equal("42", got.Json.GetProperty("metadata").GetProperty("customerId").GetString());
        Assert.StartsWith("v1,", got.Headers["webhook-signature"], StringComparison.Ordinal);
    }
}
