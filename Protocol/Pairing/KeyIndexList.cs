using Google.Protobuf;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Pairing;

/// <summary>Which companions of an account are valid, as its phone signed it (wire/01 §6.3, wire/04 §2.1).</summary>
public sealed class KeyIndexList
{
    private readonly ADVSignedKeyIndexList _signed;
    private readonly ADVKeyIndexList _list;

    private KeyIndexList(ADVSignedKeyIndexList signed, ADVKeyIndexList list) => (_signed, _list) = (signed, list);

    /// <summary>Changes when the account was registered anew.</summary>
    public uint RawId => _list.RawId;
    /// <summary>When it was signed, seconds since the Unix epoch.</summary>
    public ulong Timestamp => _list.Timestamp;
    /// <summary>Highest index given when it was signed.</summary>
    public uint CurrentIndex => _list.CurrentIndex;
    /// <summary>Indexes of companions linked when it was signed.</summary>
    public IReadOnlyList<uint> ValidIndexes => _list.ValidIndexes;

    /// <summary>Reads an encoded ADVSignedKeyIndexList; false when it does not decode.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out KeyIndexList list)
    {
        list = null!;
        try
        {
            var signed = ADVSignedKeyIndexList.Parser.ParseFrom(bytes);
            list = new(signed, ADVKeyIndexList.Parser.ParseFrom(signed.Details));
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    /// <summary>Whether a companion of this index is to be kept: listed, or newer than the list.</summary>
    public bool Allows(uint keyIndex) => keyIndex > CurrentIndex || _list.ValidIndexes.Contains(keyIndex);

    /// <summary>Whether this account's identity key (32 bytes) signed the list.</summary>
    public bool IsSignedBy(ReadOnlySpan<byte> accountKey) => AdvSignature.Verify(
        accountKey,
        AdvSignature.KeyIndexListMessage(_signed.Details.Span, _list.AccountType == ADVEncryptionType.Hosted),
        _signed.AccountSignature.Span);
}
