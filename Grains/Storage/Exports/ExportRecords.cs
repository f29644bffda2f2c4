using System.Text;

namespace WhatsApp.Grains.Storage.Exports;

/// <summary>
/// The inner form of an export: records, each a byte that says which and its fields.
/// <c>1</c> schema version (i32) · <c>2</c> instance: id · <c>3</c> table: name, columns · <c>4</c> row: a value per column · <c>5</c> end of the instance · <c>6</c> end of all: number of instances.
/// Values: <c>0</c> null · <c>1</c> text · <c>2</c> number (i64) · <c>3</c> bytes. Secrets are open here: the file round it is sealed.
/// </summary>
internal static class ExportRecords
{
    public const byte Head = 1, Instance = 2, Table = 3, Row = 4, InstanceEnd = 5, End = 6;
    public const int MostBytes = 256 * 1024 * 1024;
    public const int MostColumns = 1000;
}

/// <summary>Writes the records.</summary>
internal sealed class ExportRecordWriter(Stream output) : IDisposable
{
    private readonly BinaryWriter _writer = new(output, Encoding.UTF8, leaveOpen: true);
    private int _instances;

    public void Head(int schemaVersion)
    {
        _writer.Write(ExportRecords.Head);
        _writer.Write(schemaVersion);
    }

    public void Instance(string id)
    {
        _writer.Write(ExportRecords.Instance);
        _writer.Write(id);
        _instances++;
    }

    public void Table(string name, IReadOnlyList<string> columns)
    {
        _writer.Write(ExportRecords.Table);
        _writer.Write(name);
        _writer.Write(columns.Count);
        foreach (var column in columns)
            _writer.Write(column);
    }

    public void Row(object?[] values)
    {
        _writer.Write(ExportRecords.Row);
        foreach (var value in values)
            Value(value);
    }

    public void InstanceEnd() => _writer.Write(ExportRecords.InstanceEnd);

    public void End()
    {
        _writer.Write(ExportRecords.End);
        _writer.Write(_instances);
        _writer.Flush();
    }

    public void Dispose() => _writer.Dispose();

    private void Value(object? value)
    {
        switch (value)
        {
            case null:
                _writer.Write((byte)0);
                break;
            case string text:
                _writer.Write((byte)1);
                var utf8 = Encoding.UTF8.GetBytes(text);
                _writer.Write(utf8.Length);
                _writer.Write(utf8);
                break;
            case long number:
                _writer.Write((byte)2);
                _writer.Write(number);
                break;
            case byte[] bytes:
                _writer.Write((byte)3);
                _writer.Write(bytes.Length);
                _writer.Write(bytes);
                break;
            default:
                throw new InvalidOperationException($"a {value.GetType().Name} cannot be exported");
        }
    }
}

/// <summary>Reads the records one by one.</summary>
internal sealed class ExportRecordReader(Stream input) : IDisposable
{
    private readonly BinaryReader _reader = new(input, Encoding.UTF8, leaveOpen: true);

    /// <summary>Which record follows.</summary>
    public byte Next() => Read(static reader => reader.ReadByte());
    public int Number() => Read(static reader => reader.ReadInt32());
    public string Name() => Read(static reader => reader.ReadString());

    public IReadOnlyList<string> Columns()
    {
        var count = Number();
        if (count is < 1 or > ExportRecords.MostColumns)
            throw Unreadable();
        return [.. Enumerable.Range(0, count).Select(_ => Name())];
    }

    public object?[] Row(int columns)
    {
        var values = new object?[columns];
        for (var i = 0; i < columns; i++)
            values[i] = Next() switch
            {
                0 => null,
                1 => Encoding.UTF8.GetString(Bytes()),
                2 => Read(static reader => reader.ReadInt64()),
                3 => Bytes(),
                _ => throw Unreadable(),
            };
        return values;
    }

    public void Dispose() => _reader.Dispose();

    public static ExportException Unreadable() => new("this export cannot be read: it was made by another version");

    private byte[] Bytes()
    {
        var length = Number();
        if (length is < 0 or > ExportRecords.MostBytes)
            throw Unreadable();
        var bytes = Read(reader => reader.ReadBytes(length));
        return bytes.Length == length ? bytes : throw Unreadable();
    }

    // Whatever is here was authenticated: only a program of another version writes what this one cannot read.
    private T Read<T>(Func<BinaryReader, T> read)
    {
        try
        {
            return read(_reader);
        }
        catch (Exception error) when (error is EndOfStreamException or FormatException or DecoderFallbackException)
        {
            throw Unreadable();
        }
    }
}
