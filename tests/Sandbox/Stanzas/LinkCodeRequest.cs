using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>companion_finish as it arrived; the phone decides on the answer.</summary>
internal sealed record LinkCodeAnswer(Node Iq, byte[] Bundle, byte[] CompanionIdentity);

/// <summary>One companion_hello that waits for a phone (wire/01 §7). A wrong code keeps the ref: the user may type again.</summary>
internal sealed class LinkCodeRequest(IStanzaLink link, string phoneNumber, byte[] wrappedEphemeral, byte[] reference)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<LinkCodeAnswer>? _finish;

    public string PhoneNumber { get; } = phoneNumber;
    /// <summary>The companion's ephemeral key under the code, 80 bytes.</summary>
    public byte[] WrappedEphemeral { get; } = wrappedEphemeral;
    public byte[] Reference { get; } = reference;

    /// <summary>Sends primary_hello and waits for companion_finish.</summary>
    /// <exception cref="PairingException">The companion went away, or another code is being tried.</exception>
    public Task<LinkCodeAnswer> SayHelloAsync(byte[] wrappedPrimaryEphemeral, byte[] primaryIdentity, string now)
    {
        var finish = new TaskCompletionSource<LinkCodeAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_finish is not null)
                throw new PairingException("a code is being tried already");
            _finish = finish;
        }
        link.Send(new Node("notification", [("from", Jid.PhoneServer), ("type", "link_code_companion_reg"), ("id", "link-code-1"), ("t", now)],
            [new Node("link_code_companion_reg", [("stage", "primary_hello")],
            [
                KeyBytes.Leaf("link_code_pairing_wrapped_primary_ephemeral_pub", wrappedPrimaryEphemeral),
                KeyBytes.Leaf("primary_identity_pub", primaryIdentity), KeyBytes.Leaf("link_code_pairing_ref", Reference),
            ])]));
        return finish.Task;
    }

    /// <summary>Tells the companion to show another code (wire/01 §7.5).</summary>
    public void AskForAnother() =>
        link.Send(new Node("notification", [("from", Jid.PhoneServer), ("type", "link_code_companion_reg"), ("id", "link-code-2")],
            [new Node("link_code_companion_reg", [("stage", "refresh_code")], [KeyBytes.Leaf("link_code_pairing_ref", Reference)])]));

    /// <summary>companion_finish arrived. False when it does not belong here: answer it with an error.</summary>
    public bool Finish(Node iq, Node request)
    {
        if (KeyBytes.Exactly(request.Child("link_code_pairing_wrapped_key_bundle"), 156) is not { } bundle
            || KeyBytes.Exactly(request.Child("companion_identity_public"), 32) is not { } identity
            || request.Child("link_code_pairing_ref")?.Bytes is not { } named || !named.Span.SequenceEqual(Reference))
            return false;
        TaskCompletionSource<LinkCodeAnswer>? finish;
        lock (_gate)
            (finish, _finish) = (_finish, null);
        return finish?.TrySetResult(new LinkCodeAnswer(iq, bundle, identity)) == true;
    }

    /// <summary>Nobody waits any more.</summary>
    public void Fail(string why)
    {
        lock (_gate)
        {
            _finish?.TrySetException(new PairingException(why));
            _finish = null;
        }
    }
}
