using System.Globalization;

namespace WhatsApp.Load;

/// <summary>What Linux says about processes: their own time and memory, whatever else the machine does.</summary>
internal static class ProcessFigures
{
    private const double TicksPerSecond = 100;

    /// <summary>Processor seconds of one process.</summary>
    public static double Cpu(int process) => Stat(process) is { } stat ? (stat.Own) / TicksPerSecond : 0;

    /// <summary>Processor seconds of a process and all its children, those that ended included.</summary>
    public static double CpuWithChildren(int process)
    {
        if (Stat(process) is not { } parent)
            return 0;
        var ticks = parent.Own + parent.Ended;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var other) && Stat(other) is { } child && child.Parent == process)
                ticks += child.Own;
        return ticks / TicksPerSecond;
    }

    /// <summary>Resident memory, MB: all, and what is the process's own (not files).</summary>
    public static (double Resident, double Anonymous) Memory(int process)
    {
        double Of(string[] lines, string name) =>
            lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
                ? double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) / 1024 : 0;
        var lines = File.ReadAllLines($"/proc/{process}/smaps_rollup");
        return (Of(lines, "Rss:"), Of(lines, "Anonymous:"));
    }

    // pid (name) state ppid … utime(14) stime(15) cutime(16) cstime(17)
    private static (int Parent, long Own, long Ended)? Stat(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Number(int field) => long.Parse(fields[field - 3], CultureInfo.InvariantCulture);
            return ((int)Number(4), Number(14) + Number(15), Number(16) + Number(17));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
