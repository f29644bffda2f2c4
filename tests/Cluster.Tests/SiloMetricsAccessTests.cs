using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Silo.Telemetry;

namespace WhatsApp.Cluster.Tests;

/// <summary>Who may read a silo's metrics on its health port.</summary>
public sealed class SiloMetricsAccessTests
{
    private const string Key = "metrics-key-0123456789";

    [Theory]
    [InlineData(null, null, HttpStatusCode.OK), InlineData(Key, Key, HttpStatusCode.OK)]
    [InlineData(Key, null, HttpStatusCode.Unauthorized), InlineData(Key, Key + "x", HttpStatusCode.Unauthorized)]
    public async Task With_a_key_who_knows_it_and_without_one_this_machine(string? configured, string? given, HttpStatusCode expected)
    {
        await using var app = Create(configured);
        app.MapGet("/metrics", () => "numbers");
        app.MapGet("/healthz", () => "ok");
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        if (given is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", given);

        using var answer = await http.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal("ok", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
    }

    [Fact]
    public void A_short_key_stops_the_start() => Assert.Throws<BadConfigurationException>(() => Create("short"));

    private static WebApplication Create(string? key)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("METRICS_KEY", key)]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.UseMetricsAccess();
        return app;
    }
}
