using System.Threading.Channels;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Scripted;

/// <summary>A device that does what a test says, on its owner's scheduler, and commits through its owner's store.</summary>
internal sealed class ScriptedDevice(InstanceDefinition definition, IDeviceStore store) : IWhatsAppDevice
{
    public static readonly Jid Phone = Jid.Parse("5511900000001:7@s.whatsapp.net");
    public static readonly Jid Lid = Jid.Parse("900000000000001:7@lid");

    private readonly Channel<Func<Task>> _steps = Channel.CreateUnbounded<Func<Task>>();
    private readonly CancellationTokenSource _disposing = new();
    private readonly Lock _lock = new();
    private DeviceSnapshot _snapshot = new(DeviceStatus.Created, null, null, null, null, null, null, null, null);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _received;

    public InstanceDefinition Definition => definition;
    public IDeviceStore Store => store;
    public Func<CancellationToken, ValueTask> BeforeConnect { get; init; } = static _ => ValueTask.CompletedTask;
    public int Restarts { get; private set; }
    public int Logouts { get; private set; }
    public bool IsDisposed => _disposing.IsCancellationRequested;
    public Func<OutgoingMessage, CancellationToken, Task<SentMessage>> OnSend { get; set; } = static (message, _) =>
        Task.FromResult(new SentMessage(message.MessageId ?? "3EB0AAAAAAAAAAAAAAAA", message.To!.Value, 1_700_000_000, MessageStatus.ServerAck));
    public Func<OutgoingMessage, Task<string>> OnQueue { get; set; } = static message => Task.FromResult(message.MessageId ?? "3EB0BBBBBBBBBBBBBBBB");
    public Func<PasskeyAssertion?, Task> OnPasskey { get; set; } = static _ => Task.CompletedTask;
    public Func<string, Task<bool>> OnCancel { get; set; } = static _ => Task.FromResult(true);
    public Func<CancellationToken, Task<bool>> OnLogout { get; set; } = static _ => Task.FromResult(true);
    public Func<string, Task<PairingCode>> OnPair { get; set; } = static _ => Task.FromResult(new PairingCode("ABCD-1234", DateTimeOffset.FromUnixTimeSeconds(1_900_000_000)));
    public Func<Task> OnRestart { get; set; } = static () => Task.CompletedTask;

    public Func<Jid, IReadOnlyList<string>?, Task<ReadMessages>> OnMarkRead { get; set; } = static (_, ids) => Task.FromResult(new ReadMessages(ids ?? [], []));
    public Func<string, Task> OnShow { get; set; } = static _ => Task.CompletedTask;
    public Func<IReadOnlyList<Jid>, Task<IReadOnlyList<CheckedNumber>>> OnCheckNumbers { get; set; } = static phones =>
        Task.FromResult<IReadOnlyList<CheckedNumber>>([.. phones.Select(phone => new CheckedNumber(phone, false, null, null))]);
    public Func<Jid, bool, Task<ContactProfile>> OnGetContact { get; set; } = static (account, _) => Task.FromResult(new ContactProfile(null, account, null));
    public Func<Task<IReadOnlyList<GroupInfo>>> OnListGroups { get; set; } = static () => Task.FromResult<IReadOnlyList<GroupInfo>>([]);
    public Func<Jid, Task<GroupInfo>> OnGetGroup { get; set; } = static group => Task.FromResult(new GroupInfo(group));
    public Func<IReadOnlyList<LidPair>, bool, Task<LidPairsTaken>> OnPutLidPairs { get; set; } = static (pairs, _) => Task.FromResult(new LidPairsTaken(pairs.Count, 0, []));

    public DeviceSnapshot Snapshot
    {
        get
        {
            lock (_lock)
                return _snapshot;
        }
    }

    public Func<string, OutgoingMedia, Task<SentMessage?>> OnRelease { get; set; } = static (id, _) => Task.FromResult<SentMessage?>(new SentMessage(id, Phone, 1_700_000_000, MessageStatus.ServerAck));
    public Func<string, SendFailedException, Task> OnAbandon { get; set; } = static (_, _) => Task.CompletedTask;

    public Task<SentMessage?> ReleaseAsync(string messageId, OutgoingMedia media, CancellationToken cancellationToken) => OnRelease(messageId, media);

    public Task AbandonAsync(string messageId, SendFailedException failure, CancellationToken cancellationToken) => OnAbandon(messageId, failure);

    public IMediaConnectionSource MediaConnections { get; set; } = new MediaConnections((_, _) => Task.FromException<Node>(new LinkClosedException("no connection")), TimeProvider.System);

    public System.Collections.Concurrent.ConcurrentQueue<StoredMedia> AskedFor { get; } = new();

    public Task AskForFileAsync(StoredMedia media, CancellationToken cancellationToken)
    {
        AskedFor.Enqueue(media);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<CheckedNumber>> CheckNumbersAsync(IReadOnlyList<Jid> phones, CancellationToken cancellationToken) => OnCheckNumbers(phones);

    public Task<ReadMessages> MarkReadAsync(Jid chat, IReadOnlyList<string>? messageIds, CancellationToken cancellationToken) => OnMarkRead(chat, messageIds);

    public Task ShowTypingAsync(Jid chat, TypingState state, CancellationToken cancellationToken) => OnShow($"{chat} {state}");

    public Task WatchPresenceAsync(Jid chat, CancellationToken cancellationToken) => OnShow($"{chat} watched");

    public Task ShowPresenceAsync(bool available, CancellationToken cancellationToken) => OnShow(available ? "available" : "unavailable");

    public Task<ContactProfile> GetContactAsync(Jid account, bool preview, CancellationToken cancellationToken) => OnGetContact(account, preview);

    public Task<IReadOnlyList<GroupInfo>> ListGroupsAsync(CancellationToken cancellationToken) => OnListGroups();

    public Task<GroupInfo> GetGroupAsync(Jid group, bool refresh, CancellationToken cancellationToken) => OnGetGroup(group);

    public Task<LidPairsTaken> PutLidPairsAsync(IReadOnlyList<LidPair> pairs, bool force, CancellationToken cancellationToken) => OnPutLidPairs(pairs, force);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        await foreach (var step in _steps.Reader.ReadAllAsync(both.Token))
            await step();
    }

    /// <summary>Runs a step inside <see cref="RunAsync"/>; a lost ownership ends the run, as it does in the real device.</summary>
    public Task DoAsync(Func<Task> step)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _steps.Writer.TryWrite(async () =>
        {
            try
            {
                await step();
                done.SetResult();
            }
            catch (Exception error)
            {
                done.SetException(error);
                if (error is FencedException)
                    throw;
            }
        });
        return done.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>The run loop fails.</summary>
    public void Break(Exception error) => _steps.Writer.TryWrite(() => Task.FromException(error));

    public Task CommitAsync(params DeviceEvent[] events) => DoAsync(async () =>
    {
        var batch = new DeviceBatch();
        batch.Events.AddRange(events);
        await store.CommitAsync(batch, default);
    });

    public async Task ShowQrAsync(string text, int attempt = 1)
    {
        var until = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);
        await CommitAsync(new QrUpdated(text, attempt, 6, until));
        Change(shown => shown with { Status = DeviceStatus.Qr, Qr = new QrCode(text, attempt, 6, until) });
    }

    public async Task OpenAsync()
    {
        await CommitAsync(new ConnectionOpened(Phone, Lid, "Ana", "android", IsNewLogin: true, Resumed: false));
        var now = TimeProvider.System.GetUtcNow();
        Change(shown => shown with { Status = DeviceStatus.Open, Jid = Phone, Lid = Lid, PushName = "Ana", ConnectedAt = now, VerifiedAt = now, Qr = null });
    }

    public async Task CloseAsync(string reason, DeviceStatus status = DeviceStatus.Closed, bool keep = true)
    {
        var closed = new ConnectionClosed(reason, 0, null, false, null, keep);
        await DoAsync(async () => await store.CommitAsync(new DeviceBatch { ForgetDevice = !keep, Events = { closed } }, default));
        Change(shown => shown with { Status = status, Qr = null, LastDisconnect = closed, Jid = keep ? shown.Jid : null, Lid = keep ? shown.Lid : null });
    }

    /// <summary>A text from somebody else; the id counts up.</summary>
    public Task ReceiveAsync(string text) => CommitAsync(Arrived(text));

    public MessageArrived Arrived(string text)
    {
        var from = Jid.Parse("5511900000002@s.whatsapp.net");
        return new(new MessageInfo($"3EB0{Interlocked.Increment(ref _received):D16}", from, from, false, "phone", "text", 1_700_000_000)
        {
            Text = text,
            FromPhone = from,
            To = Phone.ToAccount(),
            PushName = "Bia",
        });
    }

    public void Change(Func<DeviceSnapshot, DeviceSnapshot> change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _snapshot = change(_snapshot);
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        changed.SetResult();
    }

    public Task WaitForChangeAsync(DeviceSnapshot seen, CancellationToken cancellationToken)
    {
        lock (_lock)
            return seen != _snapshot ? Task.CompletedTask : _changed.Task.WaitAsync(cancellationToken);
    }

    public Task<SentMessage> SendAsync(OutgoingMessage message, CancellationToken cancellationToken) => OnSend(message, cancellationToken);

    public Task AnswerPasskeyAsync(PasskeyAssertion assertion, CancellationToken cancellationToken) => OnPasskey(assertion);

    public Task ConfirmPasskeyAsync(CancellationToken cancellationToken) => OnPasskey(null);

    public DeviceBehaviour? Behaviour { get; private set; }

    public void Behave(DeviceBehaviour behaviour) => Behaviour = behaviour;

    public Task<bool> CancelAsync(string messageId, CancellationToken cancellationToken) => OnCancel(messageId);

    public Task<string> QueueAsync(OutgoingMessage message, CancellationToken cancellationToken) => OnQueue(message);

    public Task<PairingCode> RequestPairingCodeAsync(string phoneNumber, CancellationToken cancellationToken) => OnPair(phoneNumber);

    public Task RestartAsync(CancellationToken cancellationToken)
    {
        Restarts++;
        return OnRestart();
    }

    public Task<bool> LogoutAsync(CancellationToken cancellationToken)
    {
        Logouts++;
        return OnLogout(cancellationToken);
    }

    public async ValueTask DisposeAsync() => await _disposing.CancelAsync();
}
