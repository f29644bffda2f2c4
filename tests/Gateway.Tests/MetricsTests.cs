using System.Text.RegularExpressions;

namespace WhatsApp.Gateway.Tests;

/// <summary>GET /metrics: what the process counts, for Prometheus.</summary>
public sealed class MetricsTests : IAsyncLifetime
{
    private const string MetricsKey = "metrics-key-0123456789";
    private readonly TestGateway _gateway = new();

    public async ValueTask InitializeAsync()
    {
        _gateway.Settings["METRICS_KEY"] = MetricsKey;
        await _gateway.InitializeAsync();
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task It_counts_connections_messages_commits_and_claims_without_naming_anybody()
    {
        var (id, device, _) = await _gateway.CreateAsync(open: true);
        await device.ReceiveAsync("hello");

        // Collected at most a few times a second; other services of this test process count into the same gauges.
        string[] expected =
        [
            "whatsapp_instances{[^}]*state=\"open\"[^}]*} [1-9]", "whatsapp_claims_total(?:{[^}]*})? [1-9]", "whatsapp_logins_total{[^}]*kind=\"[a-z]+\"[^}]*} [1-9]",
            "whatsapp_messages_received_total(?:{[^}]*})? [1-9]", "whatsapp_commit_duration_seconds_bucket{[^}]*le=\"0.005\"[^}]*} [0-9]", "whatsapp_outbox_events(?:{[^}]*})? [0-9]",
            "whatsapp_queue_messages(?:{[^}]*})? [0-9]",
        ];
        var text = "";
        for (var tries = 0; tries < 300 && !expected.All(line => Has(text, line)); tries++)
        {
            text = (await _gateway.GetAsync("/metrics")).Text;
            await Task.Delay(100);
        }
        Assert.All(expected, line => Assert.True(Has(text, line), $"{line} is not in\n{text}"));
        Assert.Contains("orleans_", text, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_", text, StringComparison.Ordinal);
        foreach (var secret in new[] { id, "5511900000001", "hello", TestGateway.AdminKey, MetricsKey })
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Administrators_and_the_metrics_key_may_read_it_and_that_key_opens_nothing_else()
    {
        var (id, _, token) = await _gateway.CreateAsync();
        Assert.Equal(200, (await _gateway.GetAsync("/metrics")).Status);
        Assert.Equal(200, (await _gateway.SendAsync(HttpMethod.Get, "/metrics", key: null, headers: ("Authorization", "Bearer " + MetricsKey))).Status);
        (await _gateway.SendAsync(HttpMethod.Get, "/metrics", key: null)).IsProblem(401, "unauthorized");
        (await _gateway.SendAsync(HttpMethod.Get, "/metrics", key: "another-key-0123456789")).IsProblem(401, "unauthorized");
        Assert.Equal("metrics", (await _gateway.SendAsync(HttpMethod.Get, "/metrics", key: token)).IsProblem(403, "forbidden")["requiredScope"]);
        foreach (var path in new[] { "/cluster", "/instances", $"/instances/{id}/status" })
            (await _gateway.SendAsync(HttpMethod.Get, path, key: MetricsKey)).IsProblem(403, "forbidden");
    }

    private static bool Has(string text, string pattern) => Regex.IsMatch(text, "^" + pattern, RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
}
