using System.Globalization;
using System.Text.Json;

namespace WhatsApp.Load;

/// <summary>What a scenario found: a table for people, one JSON line for programs, and what went wrong.</summary>
internal sealed class Report(string scenario, params string[] columns)
{
    private readonly List<object[]> _rows = [];

    /// <summary>Single figures by name.</summary>
    public Dictionary<string, object> Figures { get; } = [];

    /// <summary>Anything here makes the run a failure.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>A row, one value per column.</summary>
    public void Add(params object[] values) => _rows.Add(values);

    /// <summary>Writes table, figures, problems and the JSON line.</summary>
    public async Task WriteAsync(TextWriter output)
    {
        string[][] cells = [columns, .. _rows.Select(row => row.Select(Text).ToArray())];
        var widths = columns.Select((_, column) => cells.Max(row => row[column].Length)).ToArray();
        foreach (var row in cells)
            await output.WriteLineAsync(string.Join("  ", row.Select((cell, column) => cell.PadLeft(widths[column]))));
        foreach (var (name, value) in Figures)
            await output.WriteLineAsync($"{name}: {Text(value)}");
        foreach (var problem in Problems)
            await output.WriteLineAsync("PROBLEM: " + problem);
        var rows = _rows.Select(row => columns.Zip(row).ToDictionary(pair => pair.First, pair => pair.Second));
        await output.WriteLineAsync(JsonSerializer.Serialize(new { scenario, figures = Figures, rows, problems = Problems }));
    }

    private static string Text(object value) => value is double number ? number.ToString("0.0", CultureInfo.InvariantCulture) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
