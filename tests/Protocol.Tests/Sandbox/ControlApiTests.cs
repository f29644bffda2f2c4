using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Sandbox;

namespace WhatsApp.Protocol.Tests.Sandbox;

public sealed class ControlApiTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _http = new HttpClient { BaseAddress = _network.ControlUrl };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _network.DisposeAsync();
    }

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(15)).Token;

    [Fact]
    public async Task Two_phones_are_made_and_write_to_each_other()
    {
        var made = await PostAsync("phones", new { phoneNumber = "5511900000001", pushName = "Ana" });
        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.Equal("5511900000001@s.whatsapp.net", made.Body.GetProperty("jid").GetString());
        Assert.EndsWith("@lid", made.Body.GetProperty("lid").GetString(), StringComparison.Ordinal);
        await PostAsync("phones", new { phoneNumber = "5511900000002" });

        var sent = await PostAsync("phones/5511900000001/messages", new { to = "5511900000002", text = "oi" });
        Assert.Equal(HttpStatusCode.Created, sent.Status);
        var id = sent.Body.GetProperty("messageId").GetString();
        await _network.FindPhone("5511900000002")!.WaitForMessageAsync(one => one.MessageId == id, Limit);
        var items = (await _http.GetFromJsonAsync<JsonElement>("phones/5511900000002/messages", Limit)).GetProperty("items");
        Assert.Equal("oi", items[0].GetProperty("text").GetString());
        Assert.Equal(0, (await _http.GetFromJsonAsync<JsonElement>($"phones/5511900000002/messages?after={id}", Limit)).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_device_is_linked_by_the_text_of_its_QR_and_unlinked()
    {
        await PostAsync("phones", new { phoneNumber = "5511900000001" });
        await using var client = await ScriptedClient.RegisterAsync(_network, new ScriptedDevice());
        var offer = await client.ReceiveAsync(PairDevice.Is);
        var qr = new QrCodeText(PairDevice.References(offer)[0], client.Device.Noise.PublicKey, client.Device.Identity.IdentityKey.PublicKey, client.Device.AdvSecret, "1");
        var scan = PostAsync("phones/5511900000001/scan", new { qr = qr.ToUrl() });
        await client.AcceptPairSuccessAsync(client.Device.AdvSecret);

        Assert.Equal("5511900000001:1@s.whatsapp.net", (await scan).Body.GetProperty("deviceJid").GetString());
        Assert.Equal(1, (await _http.GetFromJsonAsync<JsonElement>("stats", Limit)).GetProperty("devices").GetInt32());
        Assert.Equal(HttpStatusCode.NoContent, (await PostAsync("phones/5511900000001/unlink", new { deviceJid = "5511900000001:1@s.whatsapp.net" })).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await PostAsync("phones/5511900000001/unlink", new { deviceJid = "5511900000001:1@s.whatsapp.net" })).Status);
    }

    [Fact]
    public async Task The_root_key_is_told() => Assert.Equal(
        Convert.ToHexStringLower(_network.RootKey), (await _http.GetFromJsonAsync<JsonElement>("root-key", Limit)).GetProperty("noiseRootKey").GetString());

    [Fact]
    public async Task Faults_are_armed_by_name()
    {
        Assert.Equal(HttpStatusCode.NoContent, (await PostAsync("faults", new { kind = "streamError", code = "503" })).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await PostAsync("faults", new { kind = "drop", phase = "handshake", count = 2 })).Status);
    }

    [Theory]
    [InlineData("phones", "{}", 400)]
    [InlineData("phones", "not json", 400)]
    [InlineData("phones", "{\"phoneNumber\":\"abc\"}", 422)]
    [InlineData("phones/1/messages", "{\"to\":\"5511900000002\",\"text\":\"x\"}", 404)]
    [InlineData("phones/5511900000001/messages", "{\"to\":\"5511900000002\"}", 400)]
    [InlineData("phones/5511900000001/messages", "{\"to\":\"5511900000002\",\"text\":\"x\"}", 422)]
    [InlineData("phones/5511900000001/scan", "{\"qr\":\"x\"}", 422)]
    [InlineData("phones/5511900000001/pair-code", "{\"code\":\"ABCD1234\"}", 409)]
    [InlineData("phones/5511900000001/pair-code", "{\"code\":\"O\"}", 422)]
    [InlineData("phones/5511900000001/unlink", "{\"deviceJid\":\"x\"}", 400)]
    [InlineData("faults", "{\"kind\":\"nack\"}", 400)]
    [InlineData("faults", "{\"kind\":\"earthquake\"}", 400)]
    public async Task Bad_input_is_answered_with_problem_details(string path, string body, int status)
    {
        _network.AddPhone("5511900000001");
        using var content = new StringContent(body);
        var answer = await _http.PostAsync(path, content, Limit);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task With_tls_the_network_is_served_under_an_own_authority_that_survives_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("sandbox-test-").FullName;
        var options = new SandboxOptions { Tls = true, KeyDirectory = folder };
        string root;
        await using (var network = await SandboxNetwork.StartAsync(options, Limit))
            root = Convert.ToHexString(network.RootKey);
        await using var again = await SandboxNetwork.StartAsync(options, Limit);
        Assert.Equal(root, Convert.ToHexString(again.RootKey));
        Assert.Equal("wss", again.SocketUrl.Scheme);

        using var authority = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(again.CaFile!);
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new()
        {
            TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { authority },
            RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
        };
        using var http = new HttpClient(handler) { BaseAddress = again.ControlUrl };
        Assert.Equal(root.ToLowerInvariant(), (await http.GetFromJsonAsync<JsonElement>("root-key", Limit)).GetProperty("noiseRootKey").GetString());
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_same_number_twice_is_a_conflict()
    {
        await PostAsync("phones", new { phoneNumber = "5511900000001" });
        Assert.Equal(HttpStatusCode.Conflict, (await PostAsync("phones", new { phoneNumber = "5511900000001" })).Status);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, object body)
    {
        var answer = await _http.PostAsJsonAsync(path, body, Limit);
        var text = await answer.Content.ReadAsStringAsync(Limit);
        return (answer.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }
}
