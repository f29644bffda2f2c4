using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Interop.Tests;

/// <summary>A third-party client, linked to a phone of its own and open.</summary>
internal sealed class LinkedClient : IAsyncDisposable
{
    private static int _lastNumber;
    private readonly SandboxNetwork _network;

    private LinkedClient(SandboxNetwork network, ThirdPartyClient program, VirtualPhone phone, Jid device) =>
        (_network, Program, Phone, Device) = (network, program, phone, device);

    /// <summary>The Node program.</summary>
    public ThirdPartyClient Program { get; }
    /// <summary>The phone it is linked to.</summary>
    public VirtualPhone Phone { get; }
    /// <summary>Its address.</summary>
    public Jid Device { get; }
    /// <summary>The account others write to.</summary>
    public string Address => Phone.Jid.ToString();

    /// <summary>A phone number nobody has yet.</summary>
    public static string NewNumber() => "55119" + (10_000_000 + Interlocked.Increment(ref _lastNumber)).ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Starts a client, lets a new phone scan its QR, and waits until it has logged in.</summary>
    public static async Task<LinkedClient> LinkAsync(ThirdPartyLibrary library, SandboxNetwork network)
    {
        var phone = network.AddPhone(NewNumber(), $"{library} owner");
        var program = await ThirdPartyClient.StartAsync(library, network);
        try
        {
            var qr = await program.WaitAsync("qr");
            var device = await phone.ScanAsync(qr["text"]!);
            await program.WaitAsync("open");
            return new LinkedClient(network, program, phone, device);
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closes the connection, keeping the credentials, and waits until the server knows.</summary>
    public async Task GoOfflineAsync()
    {
        var before = _network.Stats.Connections;
        await Program.DoAsync("close");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (_network.Stats.Connections >= before)
            await Task.Delay(10, limit.Token);
    }

    /// <summary>Connects again with the same credentials and waits for the login.</summary>
    public async Task GoOnlineAsync()
    {
        var before = Program.Log.Count;
        await Program.DoAsync("reconnect");
        await Program.WaitAsync("open", after: before);
    }

    public ValueTask DisposeAsync() => Program.DisposeAsync();
}
