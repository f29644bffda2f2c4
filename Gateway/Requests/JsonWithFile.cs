using System.Buffers;
using WhatsApp.Gateway.Errors;

namespace WhatsApp.Gateway.Requests;

/// <summary>
/// A JSON body that may hold a whole file: the text of the top-level field <c>base64</c> (or <c>media</c>, unless it is an address) is not kept, but given out as a
/// stream of bytes while the rest is read (rest-api part B, media source). Memory is bounded by <see cref="JsonBody.MaxBytes"/>, whatever the file's size.
/// </summary>
internal sealed class JsonWithFile(Stream body)
{
    private const int Piece = 64 * 1024;
    private const int AddressStart = 8;
    private const int MaxKey = 64;
    private readonly byte[] _buffer = new byte[Piece];
    private readonly ArrayBufferWriter<byte> _rest = new();
    private readonly byte[] _key = new byte[MaxKey];
    private int _keyLength;
    private int _at;
    private int _end;
    private int _depth;
    private bool _expectsKey;
    private bool _found;

    /// <summary>Name of the field that held the file, or null.</summary>
    public string? Field { get; private set; }

    /// <summary>The body without the file; complete when <see cref="TakeAsync"/> has returned.</summary>
    public ReadOnlyMemory<byte> Rest => _rest.WrittenMemory;

    /// <summary>Reads to the end; the file, if there is one, goes through <paramref name="take"/>.</summary>
    /// <exception cref="ProblemException">body-too-large, or validation-failed for what is no base64.</exception>
    public async Task TakeAsync(Func<string, Stream, Task> take, CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken) is { } next)
        {
            Keep(next);
            switch (next)
            {
                case (byte)'"':
                    await StringAsync(take, cancellationToken);
                    break;
                case (byte)'{' or (byte)'[':
                    _depth++;
                    _expectsKey = next == '{' && _depth == 1;
                    break;
                case (byte)'}' or (byte)']':
                    _depth--;
                    break;
                case (byte)',':
                    _expectsKey = _depth == 1;
                    break;
            }
        }
    }

    /// <summary>One raw byte of the text of the file's string; null at its closing quote.</summary>
    internal async ValueTask<byte?> NextOfStringAsync(CancellationToken cancellationToken)
    {
        var next = await NextAsync(cancellationToken) ?? throw new ProblemException("malformed-json", "the body ends inside a text");
        return next == '"' ? null : next;
    }

    /// <summary>The next byte of the file's string, if it is at hand and neither a backslash nor the closing quote.</summary>
    internal bool TryNextPlain(out byte next)
    {
        next = _at < _end ? _buffer[_at] : (byte)'"';
        if (next is (byte)'"' or (byte)'\\')
            return false;
        _at++;
        return true;
    }

    /// <summary>One raw byte behind a backslash.</summary>
    internal async ValueTask<byte> NextOfEscapeAsync(CancellationToken cancellationToken) =>
        await NextAsync(cancellationToken) ?? throw new ProblemException("malformed-json", "the body ends inside a text");

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_at < _end)
            return true;
        (_at, _end) = (0, await body.ReadAsync(_buffer, cancellationToken));
        return _end > 0;
    }

    private ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_at, _end - _at);

    // Behind an opening quote.
    private async Task StringAsync(Func<string, Stream, Task> take, CancellationToken cancellationToken)
    {
        var isKey = _expectsKey && _depth == 1;
        if (isKey)
            _keyLength = 0;
        else if (_depth == 1 && !_found && await FileFieldAsync(cancellationToken) is { } field)
        {
            (_found, Field) = (true, field);
            await using var file = new Base64Stream(this, field);
            await take(field, file);
            await file.DrainAsync(cancellationToken);
            Keep((byte)'"');
            return;
        }
        for (var escaped = false; ;)
        {
            if (await NextAsync(cancellationToken) is not { } next)
                return;
            Keep(next);
            if (!escaped && next == '"')
                break;
            if (isKey && _keyLength < MaxKey)
                _key[_keyLength++] = next;
            escaped = !escaped && next == '\\';
        }
        if (isKey)
            _expectsKey = false;
    }

    private async ValueTask<string?> FileFieldAsync(CancellationToken cancellationToken)
    {
        var key = _key.AsMemory(0, _keyLength);
        if (key.Span.SequenceEqual("base64"u8))
            return "base64";
        return key.Span.SequenceEqual("media"u8) && !await IsAddressAsync(cancellationToken) ? "media" : null;
    }

    // Looks ahead without using it up.
    private async ValueTask<bool> IsAddressAsync(CancellationToken cancellationToken)
    {
        while (_end - _at < AddressStart)
        {
            Buffered.CopyTo(_buffer);
            (_at, _end) = (0, _end - _at);
            var read = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
                break;
            _end += read;
        }
        return Buffered.StartsWith("http://"u8) || Buffered.StartsWith("https:"u8) || Buffered.StartsWith("http:\\/"u8);
    }

    private async ValueTask<byte?> NextAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(cancellationToken))
            return null;
        return _buffer[_at++];
    }

    private void Keep(byte value)
    {
        if (_rest.WrittenCount >= JsonBody.MaxBytes)
            throw new ProblemException("body-too-large", "the fields beside the file are larger than this route takes");
        _rest.GetSpan(1)[0] = value;
        _rest.Advance(1);
    }
}
