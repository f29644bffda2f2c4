using System.Security.Cryptography;
using System.Text.Json;
using WhatsApp.Clusters;
using WhatsApp.Sandbox.Phones;
using WhatsApp.Servers;

namespace WhatsApp.Cluster.Tests;

/// <summary>Files lie in S3: whichever gateway takes or gives them, and whichever silo had the instance.</summary>
[Trait("Category", "chaos")]
public sealed class MediaTests
{
    private const string Shop = "shop";

    [Fact]
    public async Task Files_go_in_and_out_through_any_gateway_and_outlive_the_silo_that_had_them()
    {
        await using var s3 = await S3Server.StartAsync();
        await using var cluster = await TestCluster.StartAsync();
        cluster.Settings = new Dictionary<string, string>
        {
            ["MINIO_ENDPOINT"] = s3.Address.ToString(),
            ["MINIO_PUBLIC_URL"] = s3.Address.ToString(),
            ["MINIO_ACCESS_KEY"] = S3Server.Key,
            ["MINIO_SECRET_KEY"] = S3Server.Key,
            ["MINIO_BUCKET"] = "cluster",
            ["Media__EventHoldSeconds"] = "60",
        };
        (ProductProcess Process, string Name)[] silos = [await cluster.StartSiloAsync(), await cluster.StartSiloAsync()];
        var (_, first) = await cluster.StartGatewayAsync();
        var (_, second) = await cluster.StartGatewayAsync();
        using var clients = new Both(first, second);
        var (phone, ana) = (cluster.AddPhone("Shop"), cluster.AddPhone("Ana"));
        await cluster.LinkAsync(first, Shop, phone);
        var (sent, received, later) = (RandomNumberGenerator.GetBytes(300_000), RandomNumberGenerator.GetBytes(200_000), RandomNumberGenerator.GetBytes(100_000));

        await SendAsync(first, ana, sent);
        var file = await ReceiveAsync(cluster, phone, ana, received);
        Assert.Equal(s3.Address.Authority, file.Link.Authority);
        await clients.GiveAsync(file, received);

        var owner = await TestCluster.NodeAsync(first, Shop);
        var (dead, survivor) = owner == silos[0].Name ? (silos[0], silos[1]) : (silos[1], silos[0]);
        await dead.Process.KillAsync();
        await cluster.UntilAsync(() => TestCluster.IsOpenOnAsync(second, Shop, survivor.Name), "it is open on the survivor");
        await clients.GiveAsync(file, received);
        await SendAsync(second, ana, later);
        await clients.GiveAsync(await ReceiveAsync(cluster, phone, ana, later), later);
    }

    // Until it is taken, as a caller does who is told to come again.
    private static async Task SendAsync(HttpClient http, VirtualPhone to, byte[] bytes)
    {
        var id = "3EB0" + Convert.ToHexString(RandomNumberGenerator.GetBytes(9));
        await TestCluster.PostAsync(http, $"/instances/{Shop}/sendFile", new { to = to.PhoneNumber, base64 = Convert.ToBase64String(bytes), fileName = "a.bin", messageId = id });
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await to.WaitForMessageAsync(message => message.MessageId == id, patience.Token);
        Assert.Equal(bytes, await to.ReadMediaAsync(id, patience.Token));
    }

    private static async Task<ReceivedFile> ReceiveAsync(TestCluster cluster, VirtualPhone phone, VirtualPhone from, byte[] bytes)
    {
        var id = await from.SendAsync(new PhoneWriting(phone.PhoneNumber, "document", null) { Base64 = Convert.ToBase64String(bytes), FileName = "b.bin", Mimetype = "application/octet-stream" });
        await cluster.Inbox.WaitAsync(inbox => Find(inbox, id) is not null, "the event of the file", 90);
        var media = Find(cluster.Inbox, id)!.Value.GetProperty("media");
        Assert.Equal("stored", media.GetProperty("status").GetString());
        return new ReceivedFile(id, new Uri(media.GetProperty("url").GetString()!));
    }

    private static JsonElement? Find(EventInbox inbox, string id) => inbox.Of("message.received").Select(one => one.GetProperty("data"))
        .Where(data => data.GetProperty("messageId").GetString() == id).Select(data => (JsonElement?)data).FirstOrDefault();

    private sealed record ReceivedFile(string MessageId, Uri Link);

    private sealed class Both(params HttpClient[] gateways) : IDisposable
    {
        /// <summary>The link in the event gives it to anybody, and every gateway to whoever has a key.</summary>
        public async Task GiveAsync(ReceivedFile file, byte[] bytes)
        {
            using var anybody = new HttpClient();
            Assert.Equal(bytes, await anybody.GetByteArrayAsync(file.Link));
            foreach (var gateway in gateways)
                Assert.Equal(bytes, await gateway.GetByteArrayAsync(new Uri($"/instances/{Shop}/messages/{file.MessageId}/media", UriKind.Relative)));
        }

        public void Dispose()
        {
            foreach (var gateway in gateways)
                gateway.Dispose();
        }
    }
}
