using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Groups;
using WhatsApp.Sandbox.Network;
using WhatsApp.Sandbox.Phones;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox;

/// <summary>
/// A WhatsApp network on loopback: server and virtual phones. Tests start one in their own process; the program starts one on a port.
/// </summary>
public sealed class SandboxNetwork : IAsyncDisposable
{
    private readonly SandboxServer _server;
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop;
    private readonly Task _keepAlive;
    private readonly ConcurrentDictionary<string, VirtualPhone> _phones = new(StringComparer.Ordinal);

    private SandboxNetwork(SandboxServer server, WebApplication app, CancellationTokenSource stop, string caFile)
    {
        _server = server;
        _app = app;
        _stop = stop;
        CaFile = caFile;
        Uri[] addresses = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(text => new Uri(text))];
        var address = addresses[0];
        ControlUrl = new Uri(address, "/sandbox/");
        SocketUrl = new UriBuilder(address) { Scheme = address.Scheme == "https" ? "wss" : "ws", Path = "/ws/chat" }.Uri;
        server.MediaHosts = [.. addresses[1..].Select(host => host.Authority)];
        _keepAlive = KeepAlive.RunAsync(server, stop.Token);
        server.Faults.Added = fault => OpenFaults.StrikeNow(server, fault);
    }

    /// <summary>What a client gives as WebSocket address.</summary>
    public Uri SocketUrl { get; }
    /// <summary>Base of the control API, ending in <c>/sandbox/</c>.</summary>
    public Uri ControlUrl { get; }
    /// <summary>Noise root public key clients must trust, 32 bytes.</summary>
    public byte[] RootKey => _server.Keys.Root.PublicKey;
    /// <summary>PEM file of the TLS authority: of the media hosts always, of the network itself when it is served with TLS.</summary>
    public string CaFile { get; }
    /// <summary>host:port of the media hosts, primary first.</summary>
    public IReadOnlyList<string> MediaHosts => _server.MediaHosts;
    /// <summary>Where faults are armed.</summary>
    public FaultRegistry Faults => _server.Faults;
    /// <summary>All phones.</summary>
    public IReadOnlyCollection<VirtualPhone> Phones => (IReadOnlyCollection<VirtualPhone>)_phones.Values;

    /// <summary>Logins and ends of connections.</summary>
    public ConnectionLog Connections => _server.Log;

    /// <summary>The figures now.</summary>
    public SandboxStatsSnapshot Stats
    {
        get
        {
            var (devices, waiting) = (0, 0);
            foreach (var account in _server.Accounts.All)
                lock (account.Gate)
                {
                    devices += account.Devices.Count - 1;
                    waiting += account.Devices.Sum(device => device.Queue.Count);
                }
            return _server.Stats.Snapshot(_server.Accounts.Count, devices, waiting);
        }
    }

    /// <summary>Starts a network on 127.0.0.1.</summary>
    public static async Task<SandboxNetwork> StartAsync(SandboxOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new SandboxOptions();
        var keys = options.KeyDirectory is { } folder ? ServerKeys.LoadOrCreate(folder, options.Time) : ServerKeys.Create(options.Time);
        var server = new SandboxServer(options, keys);
        var tls = TlsAuthority.LoadOrCreate(options.KeyDirectory, options.Time);
        var stop = new CancellationTokenSource();
        SandboxNetwork? network = null;
        var app = SandboxHost.Build(options, tls, server, () => network!, stop.Token);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            stop.Dispose();
            throw;
        }
        return network = new SandboxNetwork(server, app, stop, tls.CaFile);
    }

    /// <summary>Adds a phone with a new account.</summary>
    /// <param name="phoneNumber">5 … 15 digits with country code.</param>
    /// <param name="pushName">Name others see; null = "Phone " and the last four digits.</param>
    /// <param name="lidOnly">Its number is hidden: it writes as its LID, and nobody is told the number.</param>
    /// <exception cref="PhoneException">Not a number, or taken.</exception>
    public VirtualPhone AddPhone(string phoneNumber, string? pushName = null, bool lidOnly = false)
    {
        ArgumentNullException.ThrowIfNull(phoneNumber);
        if (phoneNumber.Length is < 5 or > 15 || !phoneNumber.All(char.IsAsciiDigit) || phoneNumber[0] == '0')
            throw new PhoneException("a phone number has 5 … 15 digits and does not start with 0");
        var account = _server.Accounts.Open(phoneNumber, pushName ?? "Phone " + phoneNumber[^4..]) ?? throw new PhoneException("this number is taken");
        account.HidesNumber = lidOnly;
        return _phones[phoneNumber] = new VirtualPhone(_server, account);
    }

    /// <summary>All media leaves the hosts, as after some weeks: their paths answer 410. Returns how many files there were.</summary>
    public int ExpireMedia() => _server.Media.ExpireAll();

    /// <summary>The phone of a number, or null.</summary>
    public VirtualPhone? FindPhone(string phoneNumber) => _phones.GetValueOrDefault(phoneNumber);

    /// <summary>Adds a group; the first number makes it.</summary>
    /// <exception cref="PhoneException">A number is not on this network, or there is none.</exception>
    public PhoneGroup AddGroup(string subject, IReadOnlyList<string> phoneNumbers, AddressingMode mode = AddressingMode.Lid)
    {
        var accounts = PhoneGroup.Accounts(_server, phoneNumbers);
        if (accounts.Count is 0 or > GroupDirectory.MostMembers)
            throw new PhoneException("a group has 1 … 1024 members");
        return new PhoneGroup(_server, _server.Groups.Create(accounts[0], subject, accounts, mode));
    }

    /// <summary>The group of an id, or null.</summary>
    public PhoneGroup? FindGroup(Jid id) => _server.Groups.Find(id) is { } group ? new PhoneGroup(_server, group) : null;

    /// <summary>Cuts all sockets and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        foreach (var connection in _server.Connections.All)
            connection.Cut();
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5)))
            await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
        await _keepAlive.ContinueWith(static _ => { }, TaskScheduler.Default);
        _server.Media.Dispose();
        _stop.Dispose();
    }
}
