using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using WhatsApp.Gateway;
using WhatsApp.Sandbox;

namespace WhatsApp.Interop.Tests;

/// <summary>Our product in embedded mode, wired to the sandbox and driven as its users do: over REST, told by webhooks.</summary>
internal sealed class OurService : IAsyncDisposable
{
    private const string Key = "interop-test-key-0123456789";
    private readonly string _data = Directory.CreateTempSubdirectory("interop-").FullName;
    private readonly SandboxNetwork _network;
    private WebApplication? _app;
    private HttpClient? _http;

    private OurService(SandboxNetwork network, WebhookInbox inbox) => (_network, Inbox) = (network, inbox);

    /// <summary>Where its events arrive.</summary>
    public WebhookInbox Inbox { get; }

    /// <summary>Starts it with an empty data folder.</summary>
    public static async Task<OurService> StartAsync(SandboxNetwork network)
    {
        var service = new OurService(network, await WebhookInbox.StartAsync());
        try
        {
            await service.StartAgainAsync();
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the process's work again on the same data.</summary>
    public async Task StartAgainAsync()
    {
        _app = GatewayApp.Create([], new Dictionary<string, string?>
        {
            ["LISTEN"] = "http://127.0.0.1:0",
            ["API_KEY"] = Key,
            ["DATA_DIR"] = _data,
            ["WhatsApp:SocketUrl"] = _network.SocketUrl.ToString(),
            ["WhatsApp:NoiseRootKey"] = Convert.ToHexStringLower(_network.RootKey),
            ["WhatsApp:ExtraCaFile"] = _network.CaFile,
            ["Outbound:AllowPrivateNetworks"] = "true",
            // The event of a file waits for the file, however busy the machine is.
            ["Media:EventHoldSeconds"] = "60",
        });
        await _app.StartAsync();
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _http = new HttpClient { BaseAddress = new Uri(address), DefaultRequestHeaders = { { "X-API-Key", Key } } };
    }

    /// <summary>Stops it; the data stays.</summary>
    public async Task StopAsync()
    {
        _http?.Dispose();
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    /// <summary>Sends a request and gives the answer's body.</summary>
    /// <exception cref="HttpRequestException">Not a success; the message has the problem document.</exception>
    public async Task<JsonElement> CallAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await _http!.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
            throw new HttpRequestException($"{method} {path} answered {(int)response.StatusCode}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>The bytes a path gives.</summary>
    public async Task<byte[]> FetchAsync(string path)
    {
        using var response = await _http!.GetAsync(new Uri(path, UriKind.Relative));
        Assert.True(response.IsSuccessStatusCode, $"{path} answered {(int)response.StatusCode}");
        return await response.Content.ReadAsByteArrayAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Inbox.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }
}
