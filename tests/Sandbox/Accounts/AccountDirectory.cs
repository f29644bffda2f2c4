using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Accounts;

/// <summary>All accounts, found by phone number or LID.</summary>
internal sealed class AccountDirectory(TimeProvider time)
{
    private const ulong LidFloor = 100_000_000_000_000;
    private const ulong LidRange = 900_000_000_000_000;
    private readonly ConcurrentDictionary<string, Account> _byPhone = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Account> _byLid = new(StringComparer.Ordinal);

    public IEnumerable<Account> All => _byPhone.Values;
    public int Count => _byPhone.Count;

    /// <summary>Opens an account with its phone as device 0, or returns null when the number is taken.</summary>
    public Account? Open(string phoneNumber, string pushName)
    {
        var account = new Account(phoneNumber, LidOf(phoneNumber), pushName, time.GetUtcNow().ToUnixTimeSeconds());
        account.Add(new Device(account, 0));
        if (!_byPhone.TryAdd(phoneNumber, account))
            return null;
        _byLid[account.Lid.User] = account;
        return account;
    }

    /// <summary>The account of a JID in either form; the device part is ignored.</summary>
    public Account? Find(Jid jid) => jid.Server switch
    {
        Jid.PhoneServer or Jid.LegacyServer or Jid.HostedServer => FindByPhone(jid.User),
        Jid.LidServer or Jid.HostedLidServer => _byLid.GetValueOrDefault(jid.User),
        _ => null,
    };

    /// <summary>The account of exactly these digits.</summary>
    public Account? FindByPhone(string digits) => _byPhone.GetValueOrDefault(digits);

    /// <summary>The account of these digits or of another way to write the same number (wire/04 §2.2).</summary>
    public Account? FindByAnyForm(string digits) =>
        NumberForms.Of(digits).Select(FindByPhone).FirstOrDefault(account => account is not null);

    /// <summary>The device of a JID in either form.</summary>
    public Device? FindDevice(Jid jid)
    {
        if (Find(jid) is not { } account)
            return null;
        lock (account.Gate)
            return account.TryGetDevice(jid.Device, out var device) ? device : null;
    }

    /// <summary>15 digits that depend only on the number: a restarted sandbox gives an account the same LID.</summary>
    private static string LidOf(string phoneNumber)
    {
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes("sandbox lid " + phoneNumber));
        return (LidFloor + BinaryPrimitives.ReadUInt64BigEndian(hash) % LidRange).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
