"""How files are taken apart, whatever tracker they are from: lines, tables, JSON objects, XML elements."""
