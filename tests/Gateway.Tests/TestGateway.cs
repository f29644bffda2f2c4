using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Tests.Scripted;

namespace WhatsApp.Gateway.Tests;

/// <summary>An answer, read to its end.</summary>
internal sealed record Answer(int Status, HttpResponseHeaders Headers, string? ContentType, byte[] Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes);
    public JsonElement Json => JsonElement.Parse(Bytes);
    public string? this[string name] => Json.GetProperty(name).ValueKind == JsonValueKind.Null ? null : Json.GetProperty(name).ToString();

    /// <summary>Asserts a problem document (RFC 9457) of this status and code.</summary>
    public Answer IsProblem(int status, string code, string? pointer = null)
    {
        Assert.True(Status == status, $"{Status}: {Text}");
        Assert.Equal("application/problem+json", ContentType);
        Assert.Equal((code, status), (this["code"], Json.GetProperty("status").GetInt32()));
        Assert.EndsWith("/problems/" + code, this["type"], StringComparison.Ordinal);
        Assert.Equal(Headers.GetValues("X-Request-Id").Single(), this["requestId"]);
        Assert.False(string.IsNullOrEmpty(this["title"]) || string.IsNullOrEmpty(this["detail"]));
        if (pointer is not null)
            Assert.Contains(pointer, Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()));
        return this;
    }
}

/// <summary>The gateway as Program.cs runs it, on a free port and a temporary folder, with scripted devices.</summary>
public sealed class TestGateway : IAsyncLifetime
{
    public const string AdminKey = "test-admin-key-0123456789";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "wa-gateway-" + Guid.NewGuid().ToString("N"));
    private WebApplication? _app;

    internal ScriptedDevices Devices { get; } = new();
    internal CapturedLogs Logs { get; } = new();
    internal Dictionary<string, string?> Settings { get; } = new()
    {
        ["LISTEN"] = "http://127.0.0.1:0",
        ["BASE_URL"] = "https://wa.example.com/",
        ["API_KEY"] = AdminKey,
        ["Outbound:AllowPrivateNetworks"] = "true",
    };
    /// <summary>Replaces parts; before the start.</summary>
    internal Action<IServiceCollection>? Parts { get; set; }
    internal HttpClient Http { get; private set; } = new();
    internal IServiceProvider Services => _app!.Services;

    public async ValueTask InitializeAsync() => await StartAsync();

    internal async Task StartAsync()
    {
        Settings["DATA_DIR"] = _folder;
        _app = GatewayApp.Create([], Settings, services =>
        {
            services.AddSingleton<IDeviceFactory>(Devices);
            services.AddSingleton<ILoggerProvider>(Logs);
            services.Configure<LoggerFilterOptions>(options => options.Rules.Add(new LoggerFilterRule(typeof(CapturedLogs).FullName, null, LogLevel.Debug, null)));
            services.Configure<InstanceTimings>(timings => timings.SweepPeriod = TimeSpan.FromMilliseconds(200));
            Parts?.Invoke(services);
        });
        await _app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    internal async Task StopAsync()
    {
        if (_app is not { } app)
            return;
        _app = null;
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
    }

    internal async Task<Answer> SendAsync(HttpMethod method, string path, object? body = null, string? key = AdminKey, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = body as HttpContent ?? new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        if (key is not null)
            request.Headers.Add("X-API-Key", key);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request);
        return new Answer((int)response.StatusCode, response.Headers, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsByteArrayAsync());
    }

    internal Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, headers: headers);

    internal Task<Answer> PostAsync(string path, object? body = null, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Post, path, body, headers: headers);

    internal Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    /// <summary>A new instance with its device; linked when asked for.</summary>
    internal async Task<(string Id, ScriptedDevice Device, string Token)> CreateAsync(bool open = false, object? webhook = null)
    {
        var id = "i-" + Guid.NewGuid().ToString("N");
        var answer = await PostAsync("/instances", new { instanceId = id, webhook });
        Assert.Equal(201, answer.Status);
        var device = await Devices.DeviceAsync(id);
        if (open)
            await device.OpenAsync();
        return (id, device, answer["token"]!);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }
}
