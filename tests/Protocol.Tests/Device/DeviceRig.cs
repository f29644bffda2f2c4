using Microsoft.Extensions.Logging.Abstractions;
using WhatsApp.Protocol.Events;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>A sandbox network with one phone, and devices that run like in a grain: on a scheduler that does one thing at a time.</summary>
internal sealed class DeviceRig : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly List<RunningDevice> _devices = [];
    private bool _networkStopped;

    private DeviceRig(SandboxNetwork network, VirtualPhone phone, TimeProvider time)
    {
        Network = network;
        Phone = phone;
        Time = time;
        Options = new DeviceOptions { SocketUrl = network.SocketUrl, NoiseRootKey = network.RootKey, ExtraCaFile = network.CaFile };
    }

    public SandboxNetwork Network { get; }
    public VirtualPhone Phone { get; }
    public TimeProvider Time { get; }
    public DeviceOptions Options { get; set; }
    public InMemoryDeviceStore Store { get; set; } = new();

    /// <summary>A network; the devices get their own clock when one is given.</summary>
    public static async Task<DeviceRig> StartAsync(TimeProvider? deviceTime = null, SandboxOptions? options = null)
    {
        var network = await SandboxNetwork.StartAsync(options);
        return new DeviceRig(network, network.AddPhone("5511900000001", "Ana"), deviceTime ?? TimeProvider.System);
    }

    /// <summary>A device on the rig's store, running.</summary>
    public RunningDevice Start(InMemoryDeviceStore? store = null, Func<CancellationToken, ValueTask>? beforeConnect = null)
    {
        var device = new RunningDevice(new WhatsAppDevice(store ?? Store, Options, Time, NullLogger.Instance, beforeConnect));
        _devices.Add(device);
        return device;
    }

    /// <summary>A device, linked and open.</summary>
    public async Task<RunningDevice> StartLinkedAsync()
    {
        var device = Start();
        await ScanAsync(device);
        await device.UntilAsync(DeviceStatus.Open);
        return device;
    }

    /// <summary>Waits for a code and scans it.</summary>
    public async Task ScanAsync(RunningDevice device) => await Phone.ScanAsync((await device.UntilAsync(snapshot => snapshot.Qr is not null)).Qr!.Text);

    /// <summary>The server is gone, with all its sockets.</summary>
    public async Task StopNetworkAsync()
    {
        if (!_networkStopped)
            await Network.DisposeAsync();
        _networkStopped = true;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices)
            await device.DisposeAsync();
        await StopNetworkAsync();
    }
}

/// <summary>A device and the scheduler that owns it.</summary>
internal sealed class RunningDevice : IAsyncDisposable
{
    private readonly TaskFactory _owner = new(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);
    private readonly CancellationTokenSource _kill = new();

    public RunningDevice(WhatsAppDevice device)
    {
        Device = device;
        Run = OnOwnerAsync(() => device.RunAsync(_kill.Token));
    }

    public WhatsAppDevice Device { get; }
    public Task Run { get; }
    public CancellationToken Killed => _kill.Token;

    /// <summary>Runs on the device's scheduler.</summary>
    public Task OnOwnerAsync(Func<Task> work) => _owner.StartNew(work).Unwrap();

    public Task<T> OnOwnerAsync<T>(Func<Task<T>> work) => _owner.StartNew(work).Unwrap();

    /// <summary>The process is gone: nothing more is sent or committed.</summary>
    public void Kill() => _kill.Cancel();

    public Task<DeviceSnapshot> UntilAsync(DeviceStatus status) => UntilAsync(snapshot => snapshot.Status == status);

    public async Task<DeviceSnapshot> UntilAsync(Func<DeviceSnapshot, bool> condition)
    {
        using var patience = new CancellationTokenSource(DeviceRig.Patience);
        while (true)
        {
            var seen = Device.Snapshot;
            if (condition(seen))
                return seen;
            if (Run.IsFaulted)
                await Run;
            try
            {
                await Device.WaitForChangeAsync(seen, patience.Token);
            }
            catch (OperationCanceledException patienceEnded)
            {
                throw new TimeoutException($"the device stays {seen.Status}: {seen.LastDisconnect}", patienceEnded);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await OnOwnerAsync(() => Device.DisposeAsync().AsTask());
        await Run.WaitAsync(DeviceRig.Patience).ContinueWith(_ => { }, TaskScheduler.Default);
        _kill.Dispose();
    }
}
