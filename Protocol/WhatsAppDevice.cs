using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Calls;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Contacts;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;
using WhatsApp.Protocol.Messaging;
using WhatsApp.Protocol.Noise;
using WhatsApp.Protocol.PreKeyUpload;
using WhatsApp.Protocol.Presence;
using WhatsApp.Protocol.Profile;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

/// <summary>
/// One account's linked device: connects, links or logs in, pumps stanzas through its features, and connects again by reason.
/// </summary>
/// <remarks>
/// Cut by verb: Connect (the life loop), Link (QR), LinkCode, Login (opening), InfoBits (ib), Restart, Logout. All fields but the status board
/// belong to the owner's scheduler; only <see cref="DeviceConnection"/> works outside it.
/// </remarks>
public sealed partial class WhatsAppDevice : IWhatsAppDevice, IDeviceLink
{
    private readonly DeviceOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly GuardedStore _store;
    private readonly Func<CancellationToken, ValueTask> _beforeConnect;
    private readonly CertificateValidator _roots;
    private readonly List<IStanzaHandler> _handlers;
    private readonly PreKeyFeature _preKeys;
    private readonly StatusBoard _board = new();
    private readonly ReconnectBackoff _backoff = new(() => RandomNumberGenerator.GetInt32(1_000) / 1_000.0);
    private readonly CancellationTokenSource _disposing = new();
    private MessagingFeature _messaging;
    private DeviceCredentials? _credentials;
    private DevicePump? _pump;
    private LinkSession? _session;
    private DateTimeOffset? _verifiedAt;
    private TaskCompletionSource? _stopped;

    /// <param name="store">What is durable. Loads and commits come from the owner's scheduler, one at a time.</param>
    /// <param name="options">Where WhatsApp is and what we say we are.</param>
    /// <param name="time">Clock of every delay and deadline.</param>
    /// <param name="logger">Never gets keys, secrets or texts.</param>
    /// <param name="beforeConnect">Awaited before each connect: the host's rate limit. Null = none.</param>
    public WhatsAppDevice(
        IDeviceStore store, DeviceOptions options, TimeProvider time, ILogger logger, Func<CancellationToken, ValueTask>? beforeConnect = null)
    {
        _store = new GuardedStore(store);
        _options = options;
        _behaviour = options.Behaviour;
        _time = time;
        _logger = logger;
        _beforeConnect = beforeConnect ?? (_ => ValueTask.CompletedTask);
        _roots = new CertificateValidator(options.NoiseRootKey ?? CertificateValidator.ProductionRoot, time);
        _codeWish = options.PairingNumber is { } number ? new CodeWish(number) : null;
        _preKeys = new PreKeyFeature(this, logger);
        _messaging = new MessagingFeature(this, options, logger);
        _mediaConnections = new MediaConnections(AskForMediaAsync, time);
        _contacts = new ContactsFeature(this, () => _messaging.Lids);
        _mediaRetry = new MediaRetryFeature(this, logger);
        _profiles = new ProfileFeature(this, () => _messaging.Lids, _pushNames);
        _presence = new PresenceFeature(this, () => _messaging.Lids, () => _behaviour.AlwaysOnline);
        _typing = new TypingBefore(_presence, time);
        _privacy = new PrivacySettings(this);
        _reads = new ReadReceipts(this, () => _messaging.Lids, _privacy);
        _handlers = [.. LinkRules(), .. PasskeyRules(), .. LoginRules(), .. InfoRules(), _preKeys, _mediaRetry, _presence, _privacy, new CallFeature(this, () => _messaging.Lids, () => _behaviour, TellRefused), _messaging];
    }

    /// <inheritdoc/>
    public DeviceSnapshot Snapshot
    {
        get
        {
            var verified = _session is { OpenedAt: not null } session ? session.Connection.LastInbound : _verifiedAt;
            var shown = _board.Shown with { VerifiedAt = verified };
            // Open means proven (architecture §5.3).
            return shown.Status == DeviceStatus.Open && _time.GetUtcNow() - verified > ProvenFor ? shown with { Status = DeviceStatus.Reconnecting } : shown;
        }
    }

    /// <inheritdoc/>
    DeviceCredentials IDeviceLink.Credentials => Credentials;

    /// <inheritdoc/>
    IDeviceStore IDeviceLink.Store => _store;

    /// <inheritdoc/>
    TimeProvider IDeviceLink.Time => _time;

    /// <inheritdoc/>
    bool IDeviceLink.IsOpen => LiveConnection is not null;

    private DeviceCredentials Credentials => _credentials ?? throw new LinkClosedException("the device is not linked");

    // Logged in and not over.
    private DeviceConnection? LiveConnection =>
        _session is { LoggedIn.Task.IsCompletedSuccessfully: true, Connection: { Ended.IsCompleted: false } connection } ? connection : null;

    /// <inheritdoc/>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_stopped is not null)
            throw new InvalidOperationException("the device is running already");
        ObjectDisposedException.ThrowIf(_disposing.IsCancellationRequested, this);
        _home = TaskScheduler.Current;
        var stopped = _stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposing.Token);
        using var pump = _pump = new DevicePump(_store, _handlers, OnCommitted, () => LiveConnection, () => _credentials?.Jid, _logger);
        try
        {
            var pumping = pump.RunAsync(stopping.Token);
            var living = LiveAsync(stopping.Token);
            await Task.WhenAny(pumping, living);
            await stopping.CancelAsync();
            await Task.WhenAll(pumping, living);
        }
        catch (Exception error) when (stopping.IsCancellationRequested && error is OperationCanceledException or LinkClosedException)
        {
            // The owner stopped us.
        }
        finally
        {
            _pump = null;
            _stopped = null;
            FailLogout();
            ResetWish("the device is stopped");
            ShowStopped();
            stopped.SetResult();
        }
    }

    /// <inheritdoc/>
    public Task WaitForChangeAsync(DeviceSnapshot seen, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return _board.WaitForChangeAsync(IsUnproven(seen) ? seen with { Status = DeviceStatus.Open } : seen, cancellationToken);
    }

    // Only Snapshot makes this pair: the board has no connected device that is reconnecting.
    private static bool IsUnproven(DeviceSnapshot seen) => seen is { Status: DeviceStatus.Reconnecting, ConnectedAt: not null };

    /// <summary>Closes the socket without logging out, and waits until nothing runs any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _disposing.CancelAsync();
        if (_stopped is { } stopped)
            await stopped.Task;
    }

    /// <inheritdoc/>
    Task<Node> IDeviceLink.QueryAsync(Node iq, CancellationToken cancellationToken) =>
        LiveConnection?.QueryAsync(iq, QueryPatience, cancellationToken) ?? Task.FromException<Node>(NotConnected());

    /// <inheritdoc/>
    Task IDeviceLink.SendAsync(Node stanza, CancellationToken cancellationToken) =>
        LiveConnection?.SendAsync(stanza) ?? Task.FromException(NotConnected());

    /// <inheritdoc/>
    Task<Node> IDeviceLink.ExpectMessageAckAsync(string messageId, CancellationToken cancellationToken) =>
        LiveConnection?.ExpectMessageAckAsync(messageId, cancellationToken) ?? Task.FromException<Node>(NotConnected());

    /// <inheritdoc/>
    Task<T> IDeviceLink.RunStepAsync<T>(Func<DeviceStep, CancellationToken, ValueTask<T>> step, CancellationToken cancellationToken) =>
        _pump?.RunStepAsync(step, cancellationToken) ?? Task.FromException<T>(new LinkClosedException("the device is stopped"));

    private void ShowStopped() => _board.Change(shown => shown with
    {
        Status = shown.Status is DeviceStatus.LoggedOut or DeviceStatus.Restricted ? shown.Status : DeviceStatus.Closed,
        ConnectedAt = null,
        Qr = null,
        Passkey = null,
    });

    private static LinkClosedException NotConnected() => new("the device is not connected");

    private Task<bool> CommitAsync(Action<DeviceBatch> change, CancellationToken cancellationToken) =>
        ((IDeviceLink)this).RunStepAsync(
            (step, _) =>
            {
                change(step.Batch);
                return ValueTask.FromResult(true);
            },
            cancellationToken);

    private DeviceCredentials CredentialsIn(DeviceStep step) => step.Batch.Credentials ?? Credentials;

    private void OnCommitted(DeviceBatch batch)
    {
        if (batch.ForgetDevice)
            ForgetCaches();
        _pushNames.Take(batch.Events);
        _credentials = batch.Credentials ?? _credentials;
        _board.Change(shown => shown with { Jid = _credentials?.Jid, Lid = _credentials?.Lid, PushName = _credentials?.PushName });
        ReadByItself(batch.Events);
    }

    // What a feature remembers belongs to the link that is gone.
    private void ForgetCaches()
    {
        _credentials = null;
        _handlers.Remove(_messaging);
        _messaging = new MessagingFeature(this, _options, _logger);
        _handlers.Add(_messaging);
        _presence.Forget();
        _pushNames.Forget();
    }
}
