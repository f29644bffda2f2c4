using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Gateway.Tests;

public sealed class IdempotencyTests(TestGateway gateway) : IClassFixture<TestGateway>
{
    private static readonly object Body = new { to = "5511900000002", message = "once" };

    private static (string, string) Key(string key) => ("Idempotency-Key", key);

    private static string NewKey() => Guid.NewGuid().ToString();

    [Fact]
    public async Task The_first_answer_is_given_again_and_nothing_is_sent_twice()
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        var sent = new List<string?>();
        device.OnSend = (message, _) =>
        {
            sent.Add(message.MessageId);
            return Task.FromResult(new SentMessage(message.MessageId!, message.To!.Value, 1, MessageStatus.ServerAck));
        };
        var key = Key(NewKey());
        var first = await gateway.PostAsync($"/instances/{id}/sendMessage", Body, key);
        var again = await gateway.PostAsync($"/instances/{id}/sendMessage", Body, key);
        Assert.Equal((200, first.Text, "application/json"), (again.Status, again.Text, again.ContentType));
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal("true", again.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Matches("^[A-F0-9]{16,40}$", Assert.Single(sent));
        (await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "other" }, key)).IsProblem(409, "idempotency-key-reused");
    }

    [Fact]
    public async Task A_create_is_replayed_with_status_location_and_token()
    {
        var key = Key(NewKey());
        var first = await gateway.PostAsync("/instances", new { }, key);
        var again = await gateway.PostAsync("/instances", new { }, key);
        Assert.Equal((201, first.Text, first.Headers.Location), (again.Status, again.Text, again.Headers.Location));
    }

    [Fact]
    public async Task A_key_belongs_to_its_caller_and_its_route()
    {
        var (one, _, oneToken) = await gateway.CreateAsync(open: true);
        var (two, _, _) = await gateway.CreateAsync(open: true);
        var key = Key(NewKey());
        Assert.Equal(200, (await gateway.PostAsync($"/instances/{one}/sendMessage", Body, key)).Status);
        Assert.False((await gateway.PostAsync($"/instances/{two}/sendMessage", Body, key)).Headers.Contains("Idempotency-Replayed"));
        Assert.False((await gateway.SendAsync(HttpMethod.Post, $"/instances/{one}/sendMessage", Body, oneToken, key)).Headers.Contains("Idempotency-Replayed"));
    }

    [Fact]
    public async Task A_repeat_while_the_first_still_runs_is_asked_to_wait()
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        var ack = new TaskCompletionSource<SentMessage>();
        var reached = new TaskCompletionSource();
        device.OnSend = (_, _) =>
        {
            reached.TrySetResult();
            return ack.Task;
        };
        var key = Key(NewKey());
        var first = gateway.PostAsync($"/instances/{id}/sendMessage", Body, key);
        await reached.Task;
        var repeat = (await gateway.PostAsync($"/instances/{id}/sendMessage", Body, key)).IsProblem(409, "idempotency-in-progress");
        Assert.NotNull(repeat.Headers.RetryAfter);
        ack.SetResult(new SentMessage("3EB0", Jid(), 1, MessageStatus.ServerAck));
        Assert.Equal(200, (await first).Status);
        Assert.Equal("3EB0", (await gateway.PostAsync($"/instances/{id}/sendMessage", Body, key))["messageId"]);
    }

    [Fact]
    public async Task After_a_failure_a_repeat_runs_again_under_the_same_message_id()
    {
        var (id, device, _) = await gateway.CreateAsync(open: true);
        var ids = new List<string?>();
        device.OnSend = (message, _) =>
        {
            ids.Add(message.MessageId);
            return ids.Count == 1
                ? Task.FromException<SentMessage>(new SendFailedException("send-timeout", "no ack", messageId: message.MessageId))
                : Task.FromResult(new SentMessage(message.MessageId!, message.To!.Value, 1, MessageStatus.ServerAck));
        };
        var key = Key(NewKey());
        (await gateway.PostAsync($"/instances/{id}/sendMessage", Body, key)).IsProblem(504, "send-timeout");
        Assert.Equal(200, (await gateway.PostAsync($"/instances/{id}/sendMessage", Body, key)).Status);
        Assert.Equal(2, ids.Count);
        Assert.Equal(ids[0], ids[1]);
    }

    [Fact]
    public async Task A_key_that_is_too_long_is_refused()
    {
        var (id, _, _) = await gateway.CreateAsync(open: true);
        (await gateway.PostAsync($"/instances/{id}/sendMessage", Body, Key(new string('k', 129)))).IsProblem(422, "validation-failed", "/Idempotency-Key");
        (await gateway.PostAsync($"/instances/{id}/sendMessage", Body, Key("tab\there"))).IsProblem(422, "validation-failed", "/Idempotency-Key");
    }

    private static Protocol.Binary.Jid Jid() => Protocol.Binary.Jid.Parse("5511900000002@s.whatsapp.net");
}
