using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Phones;

/// <summary>Linking and unlinking companions (wire/01 §6.3, §7.4, §11.4).</summary>
public sealed partial class VirtualPhone
{
    private uint _lastKeyIndex;

    /// <summary>Scans the text of a QR in any of its three forms and links that companion.</summary>
    /// <returns>The new device's address by phone number.</returns>
    /// <exception cref="PhoneException">Not a QR of WhatsApp.</exception>
    /// <exception cref="PairingException">The ref is unknown or old, or the companion refused.</exception>
    public async Task<Jid> ScanAsync(string qr, CancellationToken cancellationToken = default)
    {
        if (!QrCodeText.TryParse(qr, out var code))
            throw new PhoneException("not a linking QR");
        var waiting = _server.Pairing.FindByRef(code.Reference) ?? throw new PairingException("the QR is no longer valid");
        if (!waiting.NoiseKey.AsSpan().SequenceEqual(code.NoiseKey) || !waiting.Companion!.Identity.AsSpan().SequenceEqual(code.IdentityKey))
            throw new PairingException("the QR shows other keys than its connection");
        return await LinkAsync(waiting, await SecretAsync(waiting, code.AdvSecret, cancellationToken), cancellationToken);
    }

    /// <summary>Types the eight characters a companion shows and links it.</summary>
    /// <exception cref="PhoneException">Not a code.</exception>
    /// <exception cref="PairingException">Nobody asked for a code, the code is wrong, or the companion refused.</exception>
    public async Task<Jid> EnterPairCodeAsync(string text, CancellationToken cancellationToken = default)
    {
        if (!LinkCode.TryParse(text, out var code))
            throw new PhoneException("a code has eight characters, no 0, I, O or U");
        var waiting = _server.Pairing.FindByNumber(PhoneNumber);
        if (waiting?.LinkCode is not { } request)
            throw new PairingException("no device asked for a code for this number");
        var ephemeral = KeyPair.Generate();
        var companionEphemeral = LinkCodeKeyWrap.Unwrap(request.WrappedEphemeral, code);
        var answer = await request.SayHelloAsync(LinkCodeKeyWrap.Wrap(ephemeral.PublicKey, code), _keys.Local.IdentityKey.PublicKey, _server.NowText)
            .WaitAsync(_server.Options.PairingTimeout, _server.Options.Time, cancellationToken);
        byte[] secret;
        try
        {
            secret = LinkCodeExchange.OpenBundle(answer.Bundle, ephemeral, _keys.Local.IdentityKey, companionEphemeral, answer.CompanionIdentity);
        }
        catch (LinkCodeException)
        {
            waiting.Link.Send(Answer.Error(answer.Iq, 400, "bad-request"));
            throw new PairingException("the code is wrong");
        }
        waiting.Link.Send(Answer.Result(answer.Iq));
        await Task.Delay(_server.Options.RoundTrip, _server.Options.Time, cancellationToken);
        return await LinkAsync(waiting, await SecretAsync(waiting, secret, cancellationToken), cancellationToken);
    }

    /// <summary>Makes the companion that waits for a code show another one.</summary>
    /// <exception cref="PairingException">Nobody asked for a code.</exception>
    public void RefreshPairCode()
    {
        if (_server.Pairing.FindByNumber(PhoneNumber)?.LinkCode is not { } request)
            throw new PairingException("no device asked for a code for this number");
        request.AskForAnother();
    }

    /// <summary>Unlinks a companion.</summary>
    /// <exception cref="PhoneException">Not a companion of this account.</exception>
    public void Unlink(Jid companion)
    {
        var device = _server.Accounts.FindDevice(companion);
        if (device is null || device.IsPhone || device.Account != _account || !_server.Logout.Remove(device))
            throw new PhoneException("not a linked device of this phone");
    }

    void IAccountOwner.CompanionReady(int device) => Post(() => ShareWithCompanion(device));

    void IAccountOwner.CompanionRemoved(int device)
    {
        SignKeyIndexes();
        Post(() => ForgetDevice(device));
    }

    private async Task<Jid> LinkAsync(PairingSession waiting, byte[] advSecret, CancellationToken cancellationToken)
    {
        (int Number, uint KeyIndex) place;
        lock (_account.Gate)
            place = _account.ReserveDevice();
        var identity = waiting.Companion!.Identity;
        var wrapped = _keys.Primary.SignCompanion(identity, advSecret, place.KeyIndex, _server.Options.Time.GetUtcNow());
        var offer = new LinkOffer(_account, place.Number, place.KeyIndex, wrapped, reply => _keys.Primary.AcceptReply(reply, identity), () =>
        {
            Interlocked.Exchange(ref _lastKeyIndex, place.KeyIndex);
            SignKeyIndexes();
        });
        return (await waiting.LinkAsync(offer, cancellationToken)).Phone;
    }

    /// <summary>A new signed list of valid key indexes; others get it through usync.</summary>
    private void SignKeyIndexes()
    {
        uint[] valid;
        lock (_account.Gate)
            valid = [.. _account.Devices.Where(device => !device.IsPhone).Select(device => device.KeyIndex)];
        var now = _server.Options.Time.GetUtcNow();
        var signed = _keys.Primary.SignKeyIndexList(now, Volatile.Read(ref _lastKeyIndex), valid);
        lock (_account.Gate)
            _account.KeyIndexList = (signed, now.ToUnixTimeSeconds());
    }

    private void ForgetDevice(int device)
    {
        _sessions.Forget(Jid.WithDevice(device));
        _sessions.Forget(Lid.WithDevice(device));
    }
}
