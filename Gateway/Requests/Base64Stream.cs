using System.Globalization;
using WhatsApp.Gateway.Errors;

namespace WhatsApp.Gateway.Requests;

/// <summary>
/// The bytes of a base64 text inside a JSON body, as they come: a data URL's beginning, white space and JSON escapes are passed over, both alphabets and missing
/// padding are taken, anything else is refused.
/// </summary>
internal sealed class Base64Stream(JsonWithFile source, string field) : Stream
{
    private const int MaxDataUrl = 256;
    private readonly byte[] _decoded = new byte[3];
    private int _ready;
    private int _given;
    private int _digits;
    private int _count;
    private int _characters;
    private bool _begun;
    private bool _padded;
    private bool _ended;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_begun)
            await BeginAsync(cancellationToken);
        var written = 0;
        while (written < buffer.Length)
        {
            while (_given < _ready && written < buffer.Length)
                buffer.Span[written++] = _decoded[_given++];
            if (_ended || _given < _ready)
                break;
            await GroupAsync(cancellationToken);
        }
        return written;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Reads what nobody wanted.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[8192];
        while (await ReadAsync(buffer, cancellationToken) > 0)
        {
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // "data:image/png;base64," is looked at and passed over.
    private async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        _begun = true;
        var text = new List<char>();
        while (await CharacterAsync(cancellationToken) is { } character)
        {
            text.Add(character);
            var isDataUrl = "data:".StartsWith(new string([.. text.Take(5)]), StringComparison.OrdinalIgnoreCase);
            if (!isDataUrl)
                break;
            if (character == ',')
                return;
            if (text.Count > MaxDataUrl)
                throw Bad();
        }
        foreach (var character in text)
            Take(character);
    }

    // Fills the three bytes, or reaches the end.
    private async ValueTask GroupAsync(CancellationToken cancellationToken)
    {
        while (_given == _ready && !_ended)
        {
            if (source.TryNextPlain(out var plain))
                Take((char)plain);
            else if (await CharacterAsync(cancellationToken) is { } character)
                Take(character);
            else
                Finish();
        }
    }

    private void Take(char character)
    {
        if (char.IsWhiteSpace(character))
            return;
        _characters++;
        if (character == '=')
        {
            _padded = true;
            return;
        }
        var value = character switch
        {
            >= 'A' and <= 'Z' => character - 'A',
            >= 'a' and <= 'z' => character - 'a' + 26,
            >= '0' and <= '9' => character - '0' + 52,
            '+' or '-' => 62,
            '/' or '_' => 63,
            _ => throw Bad(),
        };
        if (_padded)
            throw Bad();
        _digits = _digits << 6 | value;
        if (++_count == 4)
            Give(3, _digits);
    }

    private void Finish()
    {
        _ended = true;
        if (_characters == 0)
            throw Bad();
        switch (_count)
        {
            case 1:
                throw Bad();
            case 2:
                Give(1, _digits << 12);
                break;
            case 3:
                Give(2, _digits << 6);
                break;
        }
    }

    private void Give(int bytes, int digits)
    {
        (_decoded[0], _decoded[1], _decoded[2]) = ((byte)(digits >> 16), (byte)(digits >> 8), (byte)digits);
        (_ready, _given, _count, _digits) = (bytes, 0, 0, 0);
    }

    // One character of the JSON text; null at its end.
    private async ValueTask<char?> CharacterAsync(CancellationToken cancellationToken)
    {
        if (await source.NextOfStringAsync(cancellationToken) is not { } next)
            return null;
        if (next != '\\')
            return (char)next;
        var escape = await source.NextOfEscapeAsync(cancellationToken);
        if (escape != 'u')
            return escape switch { (byte)'n' or (byte)'r' or (byte)'t' => ' ', (byte)'/' => '/', _ => throw Bad() };
        var code = 0;
        for (var i = 0; i < 4; i++)
            code = int.TryParse([(char)await source.NextOfEscapeAsync(cancellationToken)], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var digit) ? code << 4 | digit : throw Bad();
        return (char)code;
    }

    private ProblemException Bad() => new("validation-failed", $"/{field} is not base64", [new FieldError("/" + field, "invalid-format", "must be base64 or a data URL")]);
}
