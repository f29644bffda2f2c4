using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;

namespace WhatsApp.Protocol.Contacts;

/// <summary>
/// Many numbers in one question (wire/04 §2.2, wire/07 §3). Numbers people write in two ways are asked in both. Pure.
/// <code>&lt;user jid="N@s.whatsapp.net"&gt;&lt;contact&gt;+N&lt;/contact&gt;&lt;/user&gt; → &lt;user jid pn_jid?&gt;&lt;contact type="in|out|invalid"&gt;+N&lt;/contact&gt;&lt;lid val/&gt;&lt;/user&gt;</code>
/// </summary>
internal static class NumberCheck
{
    /// <summary>Asks for all of them.</summary>
    public static Node Question(string sid, IEnumerable<Jid> phones) => Usync.Contacts(sid, phones.SelectMany(PhoneForms.Of).Distinct());

    /// <summary>The answers, in the order of the numbers.</summary>
    /// <exception cref="IqErrorException">The server refused to tell about contacts at all.</exception>
    public static IReadOnlyList<CheckedNumber> Read(Node answer, IEnumerable<Jid> phones)
    {
        if (answer.Child("usync")?.Child("result")?.Child("contact")?.Child("error") is { } error)
            throw new IqErrorException(int.TryParse(error["code"], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var code) ? code : 500, error["text"]);
        var users = Usync.Read(answer);
        return [.. phones.Select(phone => Read(phone, users))];
    }

    private static CheckedNumber Read(Jid asked, IReadOnlyList<UsyncUser> users)
    {
        var forms = PhoneForms.Of(asked);
        var answered = 0;
        foreach (var form in forms)
        {
            if (Usync.Find(form, users) is not { Contact: { } contact } user)
                continue;
            if (contact.Type == "in")
                return new CheckedNumber(asked, true, user.Phone ?? form, user.Lid);
            answered++;
        }
        return new CheckedNumber(asked, answered == forms.Count ? false : null, null, null);
    }
}
