using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Phones;

/// <summary>
/// A person's phone: device 0 of its account, with real keys and Signal sessions, in this process. It talks to the server in the same
/// stanzas as a socket client. Cut into files by verb: linking, sending, receiving, retries, bootstrap.
/// </summary>
public sealed partial class VirtualPhone : IStanzaLink, IAccountOwner
{
    private readonly Lock _gate = new();
    private readonly SandboxServer _server;
    private readonly Account _account;
    private readonly Device _device;
    private readonly PhoneKeys _keys = new();
    private readonly PhoneSessions _sessions;
    private readonly PhoneInbox _inbox = new();
    private readonly PhoneLog<PhoneReceipt> _receipts = new(20_000);
    private readonly Queue<Action> _mailbox = new();
    private bool _working;
    private volatile DeviceSession _session;

    internal VirtualPhone(SandboxServer server, Account account)
    {
        _server = server;
        _account = account;
        _sessions = new PhoneSessions(_keys);
        lock (account.Gate)
        {
            account.TryGetDevice(0, out var device);
            _device = device!;
            _session = new DeviceSession(_device, this);
            _device.Session = _session;
            account.Owner = this;
        }
        UploadKeys();
    }

    /// <summary>Digits with country code.</summary>
    public string PhoneNumber => _account.PhoneNumber;
    /// <summary>Address by phone number.</summary>
    public Jid Jid => _account.Phone;
    /// <summary>Address by hidden id.</summary>
    public Jid Lid => _account.Lid;
    /// <summary>Name others see.</summary>
    public string PushName => _account.PushName;
    /// <summary>Send a read receipt for every message from others at once.</summary>
    public bool ReadsAtOnce { get; set; }
    /// <summary>Decrypted messages in order of arrival.</summary>
    public IReadOnlyList<PhoneMessage> Messages => _inbox.After(null);
    /// <summary>Receipts in order of arrival.</summary>
    public IReadOnlyList<PhoneReceipt> Receipts => _receipts.All();

    /// <summary>Messages after the one with this id; null = all.</summary>
    public IReadOnlyList<PhoneMessage> MessagesAfter(string? messageId) => _inbox.After(messageId);

    /// <summary>The first message, past or future, that fits.</summary>
    public Task<PhoneMessage> WaitForMessageAsync(Func<PhoneMessage, bool> fits, CancellationToken cancellationToken) => _inbox.FirstAsync(fits, cancellationToken);

    /// <summary>The first receipt, past or future, that fits.</summary>
    public Task<PhoneReceipt> WaitForReceiptAsync(Func<PhoneReceipt, bool> fits, CancellationToken cancellationToken) => _receipts.FirstAsync(fits, cancellationToken);

    /// <summary>Companions linked now.</summary>
    public IReadOnlyList<Jid> Companions
    {
        get
        {
            lock (_account.Gate)
                return [.. _account.Devices.Where(device => !device.IsPhone).Select(device => device.Phone)];
        }
    }

    /// <summary>Switches the phone off: what is sent to it waits on the server.</summary>
    public void GoOffline()
    {
        lock (_account.Gate)
            if (_device.Session == _session)
                _device.Session = null;
        _server.Presence.Gone(_session);
    }

    /// <summary>Switches it on again and takes what waited.</summary>
    public void GoOnline()
    {
        lock (_account.Gate)
        {
            if (_device.Session is not null)
                return;
            _session = new DeviceSession(_device, this);
            _device.Session = _session;
            _server.Postbox.SendBacklog(_session);
        }
    }

    void IStanzaLink.Send(Node stanza) => Post(() => Receive(stanza));

    void IStanzaLink.Close(Node? lastWord) { }

    void IStanzaLink.Cut() { }

    /// <summary>To the server, as this device.</summary>
    private void Say(Node stanza) => _server.Router.Handle(_session, stanza);

    /// <summary>An iq and its answer.</summary>
    private Node Ask(Node iq) => _server.Router.Query(_session, iq);

    private void UploadKeys()
    {
        lock (_gate)
            Ask(_keys.Upload());
    }

    /// <summary>Work of a phone runs one after the other, never on the thread that caused it.</summary>
    private void Post(Action work)
    {
        lock (_mailbox)
        {
            _mailbox.Enqueue(work);
            if (_working)
                return;
            _working = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(static phone => phone.Work(), this, preferLocal: false);
    }

    private void Work()
    {
        while (true)
        {
            Action work;
            lock (_mailbox)
            {
                if (!_mailbox.TryDequeue(out work!))
                {
                    _working = false;
                    return;
                }
            }
            try
            {
                lock (_gate)
                    work();
            }
            catch (Exception problem)
            {
                // One client's odd message must not take the network down; the stats show it.
                _server.Stats.Violation($"phone {PhoneNumber} could not handle a stanza: {problem.GetType().Name}: {problem.Message}");
            }
        }
    }
}
