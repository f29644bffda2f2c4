using WhatsApp.Sandbox;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>A sandbox network, an inbox and a gateway process on a fresh data folder.</summary>
internal sealed class Product : IAsyncDisposable
{
    private static int _numbers;

    private Product(SandboxNetwork network, EventInbox inbox, string dataDirectory, Dictionary<string, string>? environment) =>
        (Network, Inbox, DataDirectory, Gateway) = (network, inbox, dataDirectory, new GatewayProcess(network, dataDirectory, environment));

    public SandboxNetwork Network { get; }
    public EventInbox Inbox { get; }
    public string DataDirectory { get; }
    public GatewayProcess Gateway { get; }

    public static async Task<Product> StartAsync(Dictionary<string, string>? environment = null)
    {
        var folder = Directory.CreateTempSubdirectory("wa-e2e-").FullName;
        var product = new Product(await SandboxNetwork.StartAsync(), await EventInbox.StartAsync(), folder, environment);
        await product.Gateway.StartAsync();
        return product;
    }

    public Sandbox.Phones.VirtualPhone AddPhone(string name) =>
        Network.AddPhone("55119" + Interlocked.Increment(ref _numbers).ToString("D8", System.Globalization.CultureInfo.InvariantCulture), name);

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Inbox.DisposeAsync();
        await Network.DisposeAsync();
        Directory.Delete(DataDirectory, recursive: true);
    }
}
