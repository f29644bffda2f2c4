using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Gateway.Tests;

public sealed class SendTests(TestGateway gateway) : IClassFixture<TestGateway>
{
    private static readonly object Body = new { to = "+55 (11) 90000-0002", message = "Oi", clientRef = "order-1" };

    [Fact]
    public async Task An_acknowledged_text_is_a_200_with_its_key()
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        OutgoingMessage? sent = null;
        device.OnSend = (message, _) =>
        {
            sent = message;
            return Task.FromResult(new SentMessage("3EB0C0FFEE", message.To!.Value, 1_763_825_400, MessageStatus.ServerAck));
        };
        foreach (var path in new[] { $"/instances/{id}/sendMessage", $"/v1/instances/{id}/sendMessage" })
        {
            var answer = await gateway.PostAsync(path, Body);
            Assert.Equal(200, answer.Status);
            Assert.Equal(("True", id, "3EB0C0FFEE", "server_ack", "5511900000002@s.whatsapp.net", "order-1"),
                (answer["success"], answer["instanceId"], answer["messageId"], answer["status"], answer["to"], answer["clientRef"]));
            Assert.Equal("2025-11-22T15:30:00Z", answer["timestamp"]);
            Assert.Equal("""{"remoteJid":"5511900000002@s.whatsapp.net","fromMe":true,"id":"3EB0C0FFEE"}""", answer.Json.GetProperty("key").GetRawText());
            Assert.Equal(("Oi", "order-1", null), (((OutgoingText)sent!.Content).Text, sent.ClientRef, sent.MessageId));
        }
    }

    [Theory]
    [InlineData("5511900000002", "5511900000002@s.whatsapp.net"), InlineData("+55 11 90000-0002", "5511900000002@s.whatsapp.net")]
    [InlineData("5511900000002@c.us", "5511900000002@s.whatsapp.net"), InlineData("5511900000002:12@s.whatsapp.net", "5511900000002@s.whatsapp.net")]
    [InlineData("900000000000002@lid", "900000000000002@lid"), InlineData("900000000000002:3@lid", "900000000000002@lid")]
    public async Task Recipients_come_in_many_forms(string to, string address)
    {
        var (id, _, _) = await gateway.CreateAsync(open: true);
        Assert.Equal(address, (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to, text = "alias of message" }))["to"]);
    }

    [Fact]
    public async Task What_has_to_wait_is_a_202()
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        Assert.Equal((202, "queued"), Of(await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "x", async = true })));
        device.Change(shown => shown with { Status = DeviceStatus.Reconnecting });
        Assert.Equal((202, "queued"), Of(await gateway.PostAsync($"/instances/{id}/sendMessage", Body)));

        static (int, string?) Of(Answer answer) => (answer.Status, answer["status"]);
    }

    [Fact]
    public async Task A_202_says_where_to_look_and_what_may_not_wait_is_refused()
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        var answer = await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "x", async = true });
        Assert.Equal($"/instances/{id}/messages/{answer["messageId"]}", answer.Headers.Location?.ToString());
        Assert.Equal("1", answer["position"]);
        Assert.NotNull(answer["estimatedAt"]);

        device.Change(shown => shown with { Status = DeviceStatus.Reconnecting });
        Assert.Null((await gateway.PostAsync($"/instances/{id}/sendMessage", Body))["estimatedAt"]);
        foreach (var later in new[] { false, true })
            (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "x", queue = false, async = later })).IsProblem(409, "instance-not-connected");
    }

    [Fact]
    public async Task When_a_message_leaves_is_told_to_the_device()
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        List<OutgoingMessage> seen = [];
        device.OnSend = (message, _) =>
        {
            seen.Add(message);
            return Task.FromResult(new SentMessage("3EB0C0FFEE", message.To!.Value, 1_763_825_400, MessageStatus.ServerAck));
        };
        device.OnQueue = message =>
        {
            seen.Add(message);
            return Task.FromResult("3EB0BBBB");
        };
        var sendAt = TimeProvider.System.GetUtcNow().AddDays(2);
        await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "x", delay = 1500 });
        await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "x", delay = 10, presence = "none", async = true, priority = 0 });
        Assert.Equal("scheduled", (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "x", sendAt }))["status"]);
        Assert.Equal("server_ack", (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "x", sendAt = sendAt.AddDays(-3) }))["status"]);

        Assert.Equal((TimeSpan.FromMilliseconds(1500), TypingState.Composing, 5), (seen[0].Delay, seen[0].Typing, seen[0].Priority));
        Assert.Equal((TimeSpan.FromMilliseconds(10), null, 0), (seen[1].Delay, seen[1].Typing, seen[1].Priority));
        Assert.Equal(sendAt, seen[2].NotBefore!.Value, TimeSpan.FromMilliseconds(1));
        Assert.Null(seen[2].Typing);
    }

    [Theory]
    [InlineData("delay", "60001"), InlineData("delay", "-1"), InlineData("presence", "\"dancing\""), InlineData("priority", "10"), InlineData("sendAt", "\"tomorrow\"")]
    [InlineData("sendAt", "\"2026-11-22T15:30:00\""), InlineData("sendAt", "\"2999-01-01T00:00:00Z\""), InlineData("sendAt", "5")]
    public async Task A_time_that_is_none_is_refused_with_its_place(string field, string value)
    {
        var (id, _, _) = await gateway.CreateAsync(open: true);
        (await gateway.PostAsync($"/instances/{id}/sendMessage", $$"""{"to":"5511900000002","message":"x","{{field}}":{{value}}}""")).IsProblem(422, "validation-failed", "/" + field);
    }

    [Theory]
    [InlineData("5", "/linkPreview"), InlineData("{\"url\":\"https://b.example\"}", "/linkPreview/url"), InlineData("{\"title\":7}", "/linkPreview/title")]
    public async Task A_preview_that_is_none_is_refused_with_its_place(string value, string pointer)
    {
        var (id, _, _) = await gateway.CreateAsync(open: true);
        (await gateway.PostAsync($"/instances/{id}/sendMessage", $$"""{"to":"5511900000002","message":"https://a.example","linkPreview":{{value}}}""")).IsProblem(422, "validation-failed", pointer);
    }

    [Fact]
    public async Task An_instance_that_is_not_linked_refuses()
    {
        var (id, device, _) = await gateway.CreateAsync();
        var problem = (await gateway.PostAsync($"/instances/{id}/sendMessage", Body)).IsProblem(409, "instance-not-connected");
        Assert.Equal(("connecting", "True"), (problem["state"], problem["retryable"]));
        await device.ShowQrAsync("2@x");
        Assert.Equal("qr", (await gateway.PostAsync($"/instances/{id}/sendMessage", Body)).IsProblem(409, "instance-not-connected")["state"]);
    }

    [Theory]
    [InlineData("recipient-not-on-whatsapp", null, 422), InlineData("reachout-timelock", 463, 429), InlineData("whatsapp-error", 479, 502)]
    [InlineData("send-timeout", null, 504), InlineData("account-restricted", 403, 403), InlineData("rate-limited", 429, 429)]
    public async Task A_refusal_keeps_its_code_its_number_and_the_message_id(string code, int? nack, int status)
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        device.OnSend = (_, _) => Task.FromException<SentMessage>(new SendFailedException(code, "as the server said", nack, "3EB0BAD"));
        var problem = (await gateway.PostAsync($"/instances/{id}/sendMessage", Body)).IsProblem(status, code);
        Assert.Equal("3EB0BAD", problem["messageId"]);
        if (nack is { } number)
            Assert.Equal(number, problem.Json.GetProperty("nack").GetInt32());
        Assert.Equal(status == 429 && code == "rate-limited", problem.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task A_bug_in_the_device_is_a_500_that_tells_nothing_of_it()
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        device.OnSend = (_, _) => Task.FromException<SentMessage>(new InvalidOperationException("internals"));
        var problem = (await gateway.PostAsync($"/instances/{id}/sendMessage", Body)).IsProblem(500, "internal");
        Assert.DoesNotContain("internals", problem.Text, StringComparison.Ordinal);
        Assert.Contains(problem["requestId"]!, gateway.Logs.All, StringComparison.Ordinal);
    }
}
