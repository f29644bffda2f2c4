using System.Text;
using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>What the phone decided for a new companion.</summary>
/// <param name="Account">Whose device it becomes.</param>
/// <param name="Number">Device number.</param>
/// <param name="KeyIndex">Index in the signed list.</param>
/// <param name="Wrapped">Encoded ADVSignedDeviceIdentityHMAC.</param>
/// <param name="Accept">Checks the companion's answer; gives the full identity, or null.</param>
/// <param name="Linked">Called when the device is part of the account, before anyone hears of it.</param>
internal sealed record LinkOffer(Account Account, int Number, uint KeyIndex, byte[] Wrapped, Func<byte[], byte[]?> Accept, Action Linked);

/// <summary>
/// A connection without account (wire/01 §6): pair-device with refs, pair-success once a phone offers to link, pair-device-sign back,
/// stream error 515, close. Every other question is answered too, so that no client waits.
/// </summary>
internal sealed class PairingSession(SandboxServer server, IStanzaLink link, byte[] noiseKey, Companion? companion) : IStanzaHandler
{
    private readonly Lock _gate = new();
    private IReadOnlyList<string> _refs = [];
    private LinkOffer? _offer;
    private TaskCompletionSource<Device>? _linked;
    private string? _successId;

    /// <summary>Null when the registration was refused.</summary>
    public Companion? Companion { get; } = companion;
    /// <summary>The companion's noise public key.</summary>
    public byte[] NoiseKey { get; } = noiseKey;
    public IStanzaLink Link { get; } = link;
    /// <summary>The request for a code, once there was one.</summary>
    public LinkCodeRequest? LinkCode { get; private set; }
    /// <summary>The passkey that is demanded before linking goes on, or null.</summary>
    public PasskeyRequest? Passkey { get; private set; }

    /// <summary>Demands a passkey of the companion.</summary>
    public PasskeyRequest DemandPasskey(byte[] advSecret, bool withOptions)
    {
        Passkey = new PasskeyRequest(server, Link, advSecret);
        Passkey.Start(withOptions);
        return Passkey;
    }

    /// <summary><c>&lt;iq from="s.whatsapp.net" type="set" id xmlns="md"&gt;&lt;pair-device&gt;&lt;ref/&gt; × 6&lt;/pair-device&gt;&lt;/iq&gt;</c></summary>
    public void Start(IReadOnlyList<string> refs)
    {
        _refs = refs;
        Link.Send(new Node("iq", [("from", Jid.PhoneServer), ("type", "set"), ("id", "pair-device-1"), ("xmlns", "md")],
            [new Node("pair-device", [], [.. refs.Select(one => new Node("ref", [], one))])]));
        if (server.Faults.Take(FaultKind.Drop, null, 0, fault => fault.Phase == ConnectionPhase.Pairing) is { } drop)
            OpenFaults.CutLater(server, Link, drop.Ms);
        else if (server.Faults.Take(FaultKind.StreamError, null, 0, fault => fault.Phase == ConnectionPhase.Pairing) is { } error)
            Link.Close(OpenFaults.StreamError(error));
    }

    /// <summary>Sends pair-success and waits for the companion's signature.</summary>
    /// <exception cref="PairingException">The companion refused, went away or did not answer in time; or it is being linked already.</exception>
    public async Task<Device> LinkAsync(LinkOffer offer, CancellationToken cancellationToken)
    {
        var linked = new TaskCompletionSource<Device>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_linked is not null)
                throw new PairingException("this connection is being linked already");
            (_linked, _offer, _successId) = (linked, offer, "pair-success-1");
        }
        if (server.Faults.Take(FaultKind.Drop, offer.Account, offer.Number, fault => fault.Phase == ConnectionPhase.Pairing) is { } drop)
            OpenFaults.CutLater(server, Link, drop.Ms);
        else
            Link.Send(PairSuccess(offer));
        try
        {
            return await linked.Task.WaitAsync(server.Options.PairingTimeout, server.Options.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new PairingException("the companion did not answer");
        }
        finally
        {
            lock (_gate)
                _linked = null;
        }
    }

    /// <inheritdoc/>
    public void Handle(Node stanza)
    {
        if (stanza.Tag != "iq" || Companion is null)
            return;
        if (stanza["type"] is "result" or "error")
            Answered(stanza);
        else if (stanza.Child("link_code_companion_reg") is { } linkCode)
            HandleLinkCode(stanza, linkCode);
        else if (Passkey?.Answer(stanza) is { } answer)
            Link.Send(answer);
        else
            Link.Send(stanza["xmlns"] is "w:p" or "urn:xmpp:ping" ? KeepAlive.Answer(server, stanza) : Answer.Result(stanza));
    }

    /// <inheritdoc/>
    public void Disconnected()
    {
        server.Pairing.Forget(this, _refs);
        LinkCode?.Fail("the companion went away");
        Passkey?.Fail("the companion went away");
        TaskCompletionSource<Device>? linked;
        lock (_gate)
            linked = _linked;
        linked?.TrySetException(new PairingException("the companion went away"));
    }

    private void Answered(Node answer)
    {
        TaskCompletionSource<Device>? linked;
        LinkOffer? offer;
        lock (_gate)
        {
            if (_successId is null || answer["id"] != _successId)
                return;
            (linked, offer, _successId) = (_linked, _offer, null);
        }
        if (offer is null || linked is null)
            return;
        if (answer["type"] == "error")
        {
            linked.TrySetException(new PairingException($"the companion refused: {answer.Child("error")?["text"] ?? "error"}"));
            return;
        }
        var reply = answer.Child("pair-device-sign")?.Child("device-identity")?.Bytes;
        if (reply is null || offer.Accept(reply.Value.ToArray()) is not { } identity)
        {
            server.Stats.Violation("pair-device-sign does not hold");
            Link.Close(new Node("failure", ("reason", "401"), ("location", "cln")));
            linked.TrySetException(new PairingException("the companion's signature does not hold"));
            return;
        }
        linked.TrySetResult(Add(offer, identity));
    }

    private Device Add(LinkOffer offer, byte[] identity)
    {
        var device = new Device(offer.Account, offer.Number)
        {
            NoiseKey = NoiseKey,
            KeyIndex = offer.KeyIndex,
            SignedIdentity = identity,
            TakesInlineHistory = Companion!.TakesInlineHistory,
        };
        device.Keys.SetIdentity(Companion.RegistrationId, Companion.Identity, Companion.Signed);
        lock (offer.Account.Gate)
            offer.Account.Add(device);
        offer.Linked();
        server.Stats.Paired();
        server.Pairing.Forget(this, _refs);
        _ = RestartSoonAsync();
        server.Notifications.DevicesChanged(device, added: true);
        return device;
    }

    private async Task RestartSoonAsync()
    {
        await Task.Delay(server.Options.RestartDelay, server.Options.Time);
        Link.Close(new Node("stream:error", ("code", "515")));
    }

    /// <summary><c>&lt;iq … xmlns="md" t&gt;&lt;pair-success&gt;&lt;device-identity/&gt;&lt;device jid lid/&gt;&lt;platform name/&gt;&lt;/pair-success&gt;&lt;/iq&gt;</c></summary>
    private Node PairSuccess(LinkOffer offer) => new("iq",
        [("from", Jid.PhoneServer), ("type", "set"), ("id", _successId), ("xmlns", "md"), ("t", server.NowText)],
        [new Node("pair-success", [],
        [
            KeyBytes.Leaf("device-identity", offer.Wrapped),
            new Node("device", ("jid", offer.Account.Phone.WithDevice(offer.Number).ToString()), ("lid", offer.Account.Lid.WithDevice(offer.Number).ToString())),
            new Node("platform", ("name", "android")),
        ])]);

    private void HandleLinkCode(Node iq, Node request)
    {
        switch (request["stage"])
        {
            case "get_country_code": Link.Send(Answer.Result(iq, new Node("country_code", ("iso", "BR")))); break;
            case "companion_hello": Link.Send(CompanionHello(iq, request)); break;
            case "companion_finish" when LinkCode is { } pending && pending.Finish(iq, request): break;
            default: Link.Send(Answer.Error(iq, 400, "bad-request")); break;
        }
    }

    private Node CompanionHello(Node iq, Node request)
    {
        if (request.JidOf("jid") is not { IsPhone: true } jid || server.Accounts.Find(jid) is not { } account
            || KeyBytes.Exactly(request.Child("link_code_pairing_wrapped_companion_ephemeral_pub"), 80) is not { } wrapped
            || request.Child("companion_platform_display")?.Text is not { } display || !display.Contains(" (", StringComparison.Ordinal) || !display.EndsWith(')'))
            return Answer.Error(iq, 400, "bad-request");
        if (server.Faults.Take(FaultKind.RefuseCode, account, 0) is { } refusal)
            return Answer.Error(iq, int.Parse(refusal.Code!, System.Globalization.CultureInfo.InvariantCulture), "refused");
        LinkCode = new LinkCodeRequest(Link, account.PhoneNumber, wrapped, Encoding.ASCII.GetBytes("link-" + Guid.NewGuid().ToString("N")));
        server.Pairing.AskedForCode(account.PhoneNumber, this);
        return Answer.Result(iq, new Node("link_code_companion_reg", [("stage", "companion_hello")], [KeyBytes.Leaf("link_code_pairing_ref", LinkCode.Reference)]));
    }
}
