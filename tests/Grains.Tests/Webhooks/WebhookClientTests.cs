using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Outbound;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Grains.Webhooks;

namespace WhatsApp.Grains.Tests.Webhooks;

public sealed class WebhookClientTests
{
    private static readonly OutboxRow Row = new("w1", 7, "evt_01ABC", "message.received", "{\"data\":\"olá\"}"u8.ToArray(), 0) { Attempts = 2 };

    private static async Task<DeliveryOutcome> PostAsync(WebhookEndpoint endpoint, Action<OutboundOptions> allow, TimeSpan? timeout = null)
    {
        var outbound = new OutboundOptions();
        allow(outbound);
        using var client = new WebhookClient(new OutboundGuard(Options.Create(outbound)),
            Options.Create(new WebhookOptions { AnswerTimeout = timeout ?? TimeSpan.FromSeconds(10) }), TimeProvider.System);
        return await client.PostAsync("my-instance", endpoint, Row, default);
    }

    private static void AllowAll(OutboundOptions options) => options.AllowPrivateNetworks = true;

    [Fact]
    public async Task Both_signatures_verify_over_the_bytes_that_arrived()
    {
        const string secret = "a-secret-of-length";
        await using var receiver = await Receiver.StartAsync();
        Assert.True((await PostAsync(new WebhookEndpoint { Url = receiver.Url, Secret = secret }, AllowAll)).Delivered);
        var got = receiver.All[0];
        var signed = Encoding.UTF8.GetBytes($"{got.Id}.{got.Headers["webhook-timestamp"]}.").Concat(got.Body).ToArray();
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed)), got.Headers["webhook-signature"]);
        Assert.Equal("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), got.Body)), got.Headers["X-Hub-Signature-256"]);
        Assert.Equal(Row.Body, got.Body);
        Assert.Equal(3, got.Attempt);
    }

    [Fact]
    public async Task Without_a_secret_nothing_is_signed()
    {
        await using var receiver = await Receiver.StartAsync();
        await PostAsync(new WebhookEndpoint { Url = receiver.Url }, AllowAll);
        Assert.DoesNotContain("webhook-signature", receiver.All[0].Headers.Keys);
        Assert.DoesNotContain("X-Hub-Signature-256", receiver.All[0].Headers.Keys);
    }

    [Fact]
    public async Task Headers_of_the_user_are_sent_but_never_in_place_of_ours()
    {
        await using var receiver = await Receiver.StartAsync();
        var headers = new Dictionary<string, string>
        {
            ["Authorization"] = "Bearer mine",
            ["X-Team"] = "blue",
            ["WEBHOOK-ID"] = "fake",
            ["webhook-signature"] = "fake",
            ["x-webhook-sequence"] = "999",
            ["X-Webhook-Event"] = "fake",
            ["x-instance-id"] = "fake",
            ["Content-Type"] = "text/plain",
            ["Host"] = "evil.example",
            ["Content-Length"] = "1",
            ["Transfer-Encoding"] = "chunked",
        };
        Assert.True((await PostAsync(new WebhookEndpoint { Url = receiver.Url, Headers = headers }, AllowAll)).Delivered);
        var got = receiver.All[0];
        Assert.Equal(("Bearer mine", "blue"), (got.Headers["Authorization"], got.Headers["X-Team"]));
        Assert.Equal(("evt_01ABC", 7L, "message.received", "my-instance"), (got.Id, got.Sequence, got.Event, got.Headers["X-Instance-Id"]));
        Assert.Equal("application/json; charset=utf-8", got.Headers["Content-Type"]);
        Assert.Equal($"127.0.0.1:{receiver.Port}", got.Headers["Host"]);
        Assert.DoesNotContain("webhook-signature", got.Headers.Keys);
        Assert.Equal(Row.Body, got.Body);
    }

    [Fact]
    public async Task A_receiver_that_hangs_counts_as_a_timeout()
    {
        await using var receiver = await Receiver.StartAsync();
        var hang = new TaskCompletionSource();
        receiver.Answer = (_, _) => hang.Task;
        var outcome = await PostAsync(new WebhookEndpoint { Url = receiver.Url }, AllowAll, TimeSpan.FromMilliseconds(200));
        hang.SetResult();
        Assert.Equal(new DeliveryOutcome(false, false, "timeout", null), outcome);
    }

    [Fact]
    public async Task Private_addresses_are_refused_without_a_connection()
    {
        await using var receiver = await Receiver.StartAsync();
        foreach (var host in new[] { "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f000001", "2130706433", "0177.0.0.1", "169.254.169.254", "10.0.0.1" })
            Assert.Equal("blocked address", (await PostAsync(new WebhookEndpoint { Url = $"http://{host}:{receiver.Port}/" }, static _ => { }, TimeSpan.FromSeconds(2))).Reason);
        Assert.Empty(receiver.All);
    }

    [Fact]
    public async Task A_private_host_that_is_allowed_by_name_is_reached_and_others_are_not()
    {
        await using var receiver = await Receiver.StartAsync();
        static void Allow(OutboundOptions options) => options.AllowedHosts.Add("LOCALHOST");
        Assert.True((await PostAsync(new WebhookEndpoint { Url = $"http://localhost:{receiver.Port}/" }, Allow)).Delivered);
        Assert.Equal("blocked address", (await PostAsync(new WebhookEndpoint { Url = $"http://127.0.0.1:{receiver.Port}/" }, Allow)).Reason);
    }

    [Theory]
    [InlineData(200, true, false)]
    [InlineData(204, true, false)]
    [InlineData(302, false, false)]
    [InlineData(404, false, false)]
    [InlineData(410, false, true)]
    [InlineData(500, false, false)]
    public async Task Only_2xx_is_delivered_and_only_410_is_gone(int status, bool delivered, bool gone)
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.AnswerStatus(status);
        var outcome = await PostAsync(new WebhookEndpoint { Url = receiver.Url }, AllowAll);
        Assert.Equal((delivered, gone), (outcome.Delivered, outcome.Gone));
        Assert.Equal(delivered ? "" : $"status {status}", outcome.Reason);
    }

    [Theory]
    [InlineData(429, "30", 30)]
    [InlineData(503, "120", 120)]
    [InlineData(500, "30", null)]
    [InlineData(503, "soon", null)]
    public async Task Retry_after_counts_for_429_and_503(int status, string header, int? seconds)
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, context) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = header;
            return Task.CompletedTask;
        };
        Assert.Equal(seconds, (await PostAsync(new WebhookEndpoint { Url = receiver.Url }, AllowAll)).RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task A_large_answer_is_not_read()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = async (_, context) =>
        {
            var chunk = new byte[1024 * 1024];
            for (var i = 0; i < 1000 && !context.RequestAborted.IsCancellationRequested; i++)
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
        };
        Assert.True((await PostAsync(new WebhookEndpoint { Url = receiver.Url }, AllowAll)).Delivered);
    }

    [Fact]
    public async Task Nobody_listening_is_a_failure_with_a_short_reason() =>
        Assert.Equal("ConnectionError", (await PostAsync(new WebhookEndpoint { Url = $"http://127.0.0.1:{Receiver.FreePort()}/" }, AllowAll)).Reason);
}
