using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Sandbox.Phones;

/// <summary>A message a phone has decrypted, once per sender and id.</summary>
/// <param name="MessageId">As in the stanza.</param>
/// <param name="From">Author, by phone number and without device.</param>
/// <param name="To">The other side of the chat, by phone number: this phone, or where an own companion wrote to; in a group, the group.</param>
/// <param name="Type">text, or the field name of the content.</param>
/// <param name="Text">Text or caption.</param>
/// <param name="Timestamp">Unix seconds, the server's.</param>
public sealed record PhoneMessage(string MessageId, Jid From, Jid To, string Type, string? Text, long Timestamp)
{
    /// <summary>The device that sent it, in the form it used.</summary>
    public Jid FromDevice { get; init; }
    /// <summary>Sent by another device of this phone's account.</summary>
    public bool FromMe { get; init; }
    /// <summary>The whole decrypted content.</summary>
    public Message Content { get; init; } = new();
    /// <summary>The content without its wrappers.</summary>
    public Message Inner => PhoneContext.Unwrap(Content);
    /// <summary>The message's secret, 32 bytes, when it has one.</summary>
    public byte[]? Secret { get; init; }
    /// <summary>What was inside, when it is a sealed add-on.</summary>
    public PhoneAddOn? AddOn { get; init; }
    /// <summary>The file, when it has one; its bytes: <see cref="VirtualPhone.ReadMediaAsync"/>.</summary>
    public PhoneMedia? Media => PhoneMedia.Of(Inner);
}

/// <summary>A receipt a phone got.</summary>
/// <param name="MessageId">One of the ids it names.</param>
/// <param name="From">The device it comes from, in the form it used.</param>
/// <param name="Type">null = delivered; read, played, inactive, retry …</param>
public sealed record PhoneReceipt(string MessageId, Jid From, string? Type);

/// <summary>The phone cannot do what was asked; the message says why.</summary>
public sealed class PhoneException(string message) : Exception(message);
